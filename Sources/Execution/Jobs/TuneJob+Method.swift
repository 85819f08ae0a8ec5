internal import Basics
internal import Merging
internal import Specs

extension TuneJob {
  /// The row of the table that it carries out, the row's parameters, and what it asks for with them.
  ///
  /// - Throws: a `Diagnostic` for a row that tunes nothing, or values that it does not take.
  var tuned: (method: MergeMethod, parameters: Parameters, asked: MergeDemands.Tuning) {
    get throws {
      let method = try MergeMethods.all.entry(named: method)
      let parameters = try Parameters(
        parameters, for: method.parameters, of: "merge method '\(method.name)'")
      guard let asked = method.demands(of: parameters).tuning else {
        throw Diagnostic("the merge method '\(method.name)' has nothing to tune")
      }
      return (method, parameters, asked)
    }
  }
}
