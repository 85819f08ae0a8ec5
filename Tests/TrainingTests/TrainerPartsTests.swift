import Basics
import Foundation
import LinearAlgebra
import Models
import Specs
import Tasks
import TestSupport
import Testing
import Training

/// The parts of a training: a state that can be written and read, and rules that see single tasks.
@Suite struct TrainerPartsTests {
  private struct Halted: Error {}

  private static let settings: [(name: String, change: @Sendable (inout TrainJob) -> Void)] = [
    ("steps", { $0.budget = .steps(9) }),
    (
      "tokens, batches by tokens",
      { job in
        job.budget = .tokens(900)
        job.training.batchTokens = 50
      }
    ),
    (
      "passes, two batches a step",
      { job in
        job.budget = .passes(1.5)
        job.training.accumulation = 2
      }
    ),
    ("dropout", { $0.adapter.dropout = 0.2 }),
    (
      "validation, the best is kept",
      { job in
        job.training.validateEvery = 2
        job.training.keepBest = true
        job.training.patience = 3
      }
    ),
    ("adapters together", { $0.ends = EndsSpec(concentration: 1) }),
    // Some 1,000 tokens a batch are two parts.
    ("several parts a step", { $0.training.batchRows = 160 }),
  ]

  private func tasks(_ base: BaseModel) -> [TrainingTask] {
    [
      Toy.training(.classification, .linear, base: base, name: "a", train: 13),
      Toy.training(.regression, .labels, base: base, name: "b", train: 17, seed: 1),
      Toy.training(.tagging, .linear, base: base, name: "c", train: 11, seed: 2),
    ]
  }

  @Test(arguments: settings.indices)
  func `a training that goes on from a written state ends with the same bytes`(_ setting: Int) throws {
    let base = try Toy.base()
    let tasks = tasks(base)
    var job = Toy.job(tasks, budget: .steps(8), rule: "equal")
    Self.settings[setting].change(&job)
    let whole = try Trainer(base: base, tasks: tasks, job: job).run()
    let first = try Trainer(base: base, tasks: tasks, job: job)
    var written = Data()
    #expect(throws: Halted.self) {
      _ = try first.run { _, point in
        guard point.step == 3 else { return }
        written = try JSONEncoder().encode(first.state)
        throw Halted()
      }
    }
    // The number of threads changes no byte either.
    let second = try Trainer(base: base, tasks: tasks, job: job, workspaces: [Workspace(), Workspace()])
    second.state = try JSONDecoder().decode(Trainer.State.self, from: written)
    let resumed = try second.run()
    #expect(whole.curve.count > 3)
    #expect(resumed.curve == whole.curve)
    #expect(resumed.result == whole.result)
    #expect(resumed.numbers.elementsEqual(whole.numbers), "\(Self.settings[setting].name)")
  }

  @Test func `a state of the step that used up the patience goes no step further`() throws {
    let base = try Toy.base()
    let tasks = tasks(base)
    var job = Toy.job(tasks, budget: .steps(60), rule: "equal")
    job.training.learningRate = 0
    job.training.validateEvery = 1
    job.training.patience = 2
    let first = try Trainer(base: base, tasks: tasks, job: job)
    var written = Data()
    let whole = try first.run { _, _ in written = try JSONEncoder().encode(first.state) }
    #expect(whole.curve.count == 3)
    let second = try Trainer(base: base, tasks: tasks, job: job)
    second.state = try JSONDecoder().decode(Trainer.State.self, from: written)
    #expect(try second.run().curve == whole.curve)
  }

  /// What a rule saw, step by step.
  private struct Seen {
    /// How far the sum of the tasks' gradients is from that of all rows.
    var errors: [Double] = []
    var losses: [[Double]] = []
    var rows: [[Int]] = []
  }

  /// Sees single tasks, and takes the gradients of some of them.
  private final class Chosen: StepRule {
    let factors: LoRAParameters
    let seesTasks = true
    private let taken: Set<Int>
    private let tasks: Int
    private let report: (Double, [Double], [Int]) -> Void
    private var rows: [Int] = []

    init(
      _ trained: LoRAParameters, tasks: Int, taken: Set<Int>,
      report: @escaping (Double, [Double], [Int]) -> Void
    ) {
      factors = trained
      self.tasks = tasks
      self.taken = taken
      self.report = report
    }

    func weights(rows: [Int]) -> [Double] {
      self.rows = rows
      return Array(repeating: 1, count: tasks)
    }

    func join(_ total: LoRAParameters, _ tasks: [TaskGradient]) {
      var sum = [Float](repeating: 0, count: total.storage.count)
      var chosen = sum
      for task in tasks {
        let values = Matrix(storage: task.gradient.storage, rows: 1, columns: sum.count).values
        for i in sum.indices {
          sum[i] += values[i]
          if taken.contains(task.task) { chosen[i] += values[i] }
        }
      }
      let flat = Matrix(storage: total.storage, rows: 1, columns: sum.count)
      report(relativeError(sum, flat.values), tasks.map(\.loss), rows)
      for i in chosen.indices { flat[0, i] = chosen[i] }
    }
  }

  private func train(
    _ base: BaseModel, _ tasks: [TrainingTask], _ job: TrainJob, _ rule: StepRuleRow
  ) throws -> TrainedAdapter {
    try Trainer(
      base: base, tasks: tasks, job: job, start: nil, workspaces: [Workspace(), Workspace()], rule: rule
    ).run()
  }

  @Test(arguments: [0, 0.2])
  func `gradients of single tasks sum up to the plain one, and their losses to its loss`(_ dropout: Double)
    throws
  {
    let base = try Toy.base()
    let tasks = tasks(base)
    // Two parts on two threads.
    var job = Toy.job(tasks, budget: .steps(4), rule: "equal", dropout: dropout)
    job.training.batchRows = 160
    let seen = Lock(Seen())
    let row = StepRuleRow(name: "sum", summary: "all of them") { _, trained, tasks, _ in
      Chosen(trained, tasks: tasks, taken: Set(0..<tasks)) { error, losses, rows in
        seen.withLock {
          $0.errors.append(error)
          $0.losses.append(losses)
          $0.rows.append(rows)
        }
      }
    }
    let plain = try train(base, tasks, job, StepRules.row(of: job))
    let summed = try train(base, tasks, job, row)
    let (errors, losses, rows) = seen.withLock { ($0.errors, $0.losses, $0.rows) }
    #expect(errors.count == 4 && errors.allSatisfy { $0 < 1e-5 })
    for (step, point) in summed.curve.enumerated() {
      let sum = zip(losses[step], rows[step]).reduce(0) { $0 + $1.0 * Double($1.1) }
      #expect(abs(sum / Double(rows[step].reduce(0, +)) - point.loss) < 1e-9)
    }
    // Dropout masks are drawn by row of the batch, and the rows lie in another order.
    if dropout > 0 { return }
    #expect(relativeError(summed.numbers, plain.numbers) < 1e-4)
    for (one, two) in zip(summed.curve, plain.curve) { #expect(abs(one.loss - two.loss) < 1e-5 * two.loss) }
  }

  @Test func `a rule that takes one task's gradient trains as if the others weighed nothing`() throws {
    let base = try Toy.base()
    // Frozen heads: a linear head's own gradient is its task's anyway.
    let tasks = [
      Toy.training(.classification, .labels, base: base, name: "a", train: 13),
      Toy.training(.regression, .labels, base: base, name: "b", train: 17, seed: 1),
    ]
    let job = Toy.job(tasks, budget: .steps(4), rule: "equal")
    let chosen = StepRuleRow(name: "first", summary: "the first task alone") { _, trained, tasks, _ in
      Chosen(trained, tasks: tasks, taken: [0]) { _, _, _ in }
    }
    let weighted = StepRuleRow(name: "weighted", summary: "the first task alone") { _, trained, _, _ in
      First(trained)
    }
    let one = try train(base, tasks, job, chosen)
    let two = try train(base, tasks, job, weighted)
    #expect(relativeError(one.numbers, two.numbers) < 1e-4)
  }

  /// The loss of the first task alone.
  private final class First: StepRule {
    let factors: LoRAParameters
    init(_ trained: LoRAParameters) { factors = trained }
    func weights(rows: [Int]) -> [Double] { rows.indices.map { $0 == 0 ? 1 : 0 } }
  }
}
