internal import Models
internal import Specs

extension StepRuleRow {
  /// The mean loss of all rows, whatever their task.
  static let plain = StepRuleRow(
    name: "plain", summary: "the mean loss of all rows", serves: { $0.ends == nil },
    make: { _, trained, tasks, _ in PlainStep(trained, tasks: tasks) })
}

/// Every row counts the same.
final class PlainStep: StepRule {
  let factors: LoRAParameters
  private let ones: [Double]

  init(_ trained: LoRAParameters, tasks: Int) {
    factors = trained
    ones = Array(repeating: 1, count: tasks)
  }

  func weights(rows: [Int]) -> [Double] { ones }
}
