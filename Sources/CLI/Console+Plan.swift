import Experiment
import Terminal

extension Console {
  /// What a user should know of a plan and its data before it is run, on standard error.
  ///
  /// - Parameter quiet: Leaves out what makes no result wrong.
  static func notes(of plan: Plan, quiet: Bool = false) {
    for line in plan.notes where line.spoilsResults || !quiet { note("\(line)") }
  }
}

extension Plan {
  /// `47 models`, `47 models and 56 tried ones`.
  var modelWords: String {
    counted(models.count, "model") + (tried.isEmpty ? "" : " and \(grouped(tried.count)) tried ones")
  }
}
