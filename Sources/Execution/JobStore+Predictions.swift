internal import Basics
internal import Foundation
internal import Specs

extension JobStore {
  /// The predictions that a job left, which must be as it wrote them.
  ///
  /// - Throws: a `Diagnostic` that says how to get them anew.
  func predictions(_ id: JobID) throws -> PredictionColumns {
    if let damage = damage(id, .bytes) { throw damage }
    let file = "\(path(id))/\(PredictionColumns.name)"
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Diagnostic(
        "a file that the job wrote is missing", at: Place(file: file),
        hint: "run again, which does the job anew")
    }
    do { return try PredictionColumns(Array(data)) } catch {
      throw Diagnostic(
        error.what, at: Place(file: file),
        hint: "remove the folder \(path(id)) and run again, which does the job anew")
    }
  }
}
