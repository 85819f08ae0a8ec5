internal import Basics
internal import Foundation

/// The file system's refusals, as a user reads them.
public enum FileProblem {
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
      "cannot write the file: \(reason(error))", at: Place(file: store.path), hint: remedy(error))
  }

  /// How to mend what the system refused; nil where that is not known.
  public static func remedy(_ error: any Error) -> String? {
    number(error).flatMap { SystemRefusal.remedy($0) }
  }

  /// The system's number of an error; nil for an error that is not the system's.
  static func number(_ error: any Error) -> Int32? { SystemRefusal.number(of: error) }

  /// The system's own words: `No space left on device`.
  public static func reason(_ error: any Error) -> String {
    let error = error as NSError
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error { return reason(cause) }
    if error.domain == NSCocoaErrorDomain, error.code == CocoaError.fileWriteOutOfSpace.rawValue {
      return "No space left on device"
    }
    let text = error.localizedDescription
    let preamble = "The operation could not be completed. "
    return text.hasPrefix(preamble) ? String(text.dropFirst(preamble.count)) : text
  }
}
