internal import Foundation
public import Specs

/// The learning rate over a training, as transformers' schedulers shape it.
public enum LearningRate {
  /// The factor on the peak rate at some progress.
  ///
  /// - Parameters:
  ///   - progress: The share of the budget that is used up before this step, 0 ..< 1.
  ///   - warmup: The share over which the rate rises from 0.
  public static func factor(_ schedule: Schedule, progress: Double, warmup: Double) -> Double {
    if progress < warmup { return progress / warmup }
    let rest = warmup < 1 ? (progress - warmup) / (1 - warmup) : 1
    return switch schedule {
    case .constant: 1
    case .linear: max(0, 1 - rest)
    case .cosine: 0.5 * (1 + cos(.pi * min(1, rest)))
    }
  }
}

/// How much of a budget is used up.
struct Meter {
  enum Unit {
    case steps
    case tokens
    case rows
  }

  let unit: Unit
  let total: Int
  var steps = 0
  var tokens = 0
  var rows = 0

  /// The share that is used up.
  var progress: Double {
    let used =
      switch unit {
      case .steps: steps
      case .tokens: tokens
      case .rows: rows
      }
    return Double(used) / Double(max(1, total))
  }

  /// The budget in its own unit; passes become rows of the whole cocktail.
  ///
  /// - Parameters:
  ///   - sizes: Training examples of each task.
  ///   - rates: The share of draws of each task.
  init(_ budget: BudgetSpec, sizes: [Int], rates: [Double]) {
    switch budget {
    case .steps(let steps): (unit, total) = (.steps, steps)
    case .tokens(let tokens): (unit, total) = (.tokens, tokens)
    case .passes(let passes):
      // The rarest task is seen `passes` times; with concatenation that is so for each of them.
      let rows = zip(sizes, rates).map { size, rate in rate > 0 ? passes * Double(size) / rate : 0 }
      (unit, total) = (.rows, Int((rows.max() ?? 0).rounded(.up)))
    }
  }
}
