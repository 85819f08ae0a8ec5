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
