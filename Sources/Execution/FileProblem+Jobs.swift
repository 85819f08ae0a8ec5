internal import Basics
internal import Foundation
internal import Machine

extension FileProblem {
  /// An error of a job with places that outlive it: the attempt's folder has a name that nobody will find again.
  static func explained(_ error: any Error, attempt: URL?, store: URL) -> any Error {
    if var diagnostic = error as? Diagnostic {
      guard let attempt, let file = diagnostic.place?.file, file.hasPrefix(attempt.path) else {
        return diagnostic
      }
      diagnostic.place = Place(file: store.path)
      return diagnostic
    }
    if error is Diagnostics || error is CancellationError { return error }
    return Diagnostic(
      "cannot write the file: \(reason(error))", at: Place(file: store.path), hint: remedy(error)
    ).ofSystem(number(error))
  }
}
