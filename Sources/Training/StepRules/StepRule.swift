package import Basics
package import Models
package import Specs

/// What a step makes of the losses of its tasks: which factors the pass runs through, how tasks are weighted, and how their
/// gradients become one.
package protocol StepRule: AnyObject {
  /// The factors that passes run through: those that are trained, or a mixture of them.
  var factors: LoRAParameters { get }
  /// Whether `join` gets the gradients of single tasks, which one backward pass tells apart by ranges of rows.
  var seesTasks: Bool { get }
  /// Called before a step, from 1.
  func begin(step: Int)
  /// The factor on the loss of each task's rows, over the mean loss of all rows.
  ///
  /// - Parameter rows: The rows of each task in the step.
  func weights(rows: [Int]) -> [Double]
  /// Makes the gradients by the trained factors out of those by `factors`.
  ///
  /// - Parameters:
  ///   - total: The sum over all rows; on return what the optimiser sees.
  ///   - tasks: Mean loss and summed gradient of each task that has rows, where the rule sees tasks; they sum to `total`.
  func join(_ total: LoRAParameters, _ tasks: [TaskGradient])
  /// Called before an evaluation.
  func settle()
}

/// What a task alone says in a step.
package struct TaskGradient {
  /// Its place among the tasks.
  package let task: Int
  /// The mean of its rows' losses, times the rule's weight.
  package let loss: Double
  /// Its part of the step's gradient by the factors: that of `loss` times its share of the step's rows.
  package let gradient: LoRAParameters
}

extension StepRule {
  package var seesTasks: Bool { false }
  package func begin(step: Int) {}
  package func join(_ total: LoRAParameters, _ tasks: [TaskGradient]) {}
  package func settle() {}
}

/// A row in the table of step rules.
package struct StepRuleRow: CatalogEntry {
  package let name: String
  package let summary: String
  /// Whether the rule is that of a job.
  package let serves: @Sendable (TrainJob) -> Bool
  /// Adapters that are trained side by side on some tasks.
  package let adapters: @Sendable (_ tasks: Int) -> Int
  /// Makes the rule of a job over its trained factors.
  package let make:
    @Sendable (TrainJob, _ trained: LoRAParameters, _ tasks: Int, RandomStream) -> any StepRule

  /// Makes a row.
  package init(
    name: String, summary: String, serves: @escaping @Sendable (TrainJob) -> Bool = { _ in false },
    adapters: @escaping @Sendable (_ tasks: Int) -> Int = { _ in 1 },
    make:
      @escaping @Sendable (TrainJob, _ trained: LoRAParameters, _ tasks: Int, RandomStream) -> any StepRule
  ) {
    self.name = name
    self.summary = summary
    self.serves = serves
    self.adapters = adapters
    self.make = make
  }
}

/// All step rules.
package enum StepRules {
  package static let all = Catalog("step rule", [StepRuleRow.plain, .pamal])

  /// The rule of a job: the only one that serves it.
  package static func row(of job: TrainJob) -> StepRuleRow {
    let rows = all.entries.filter { $0.serves(job) }
    precondition(rows.count == 1, "\(rows.count) step rules serve a job")
    return rows[0]
  }
}
