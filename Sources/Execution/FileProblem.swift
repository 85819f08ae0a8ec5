internal import Basics
internal import Foundation

/// The file system's refusals, as a user reads them.
enum FileProblem {
  /// An error of a job with places that outlive it: the attempt's folder has a name that nobody will find again.
  static func explained(_ error: any Error, attempt: URL?, store: URL) -> any Error {
    if var diagnostic = error as? Diagnostic {
      guard let attempt, let file = diagnostic.place?.file, file.hasPrefix(attempt.path) else { return diagnostic }
      diagnostic.place = Place(file: store.path)
      diagnostic.hint = diagnostic.hint ?? mend
      return diagnostic
    }
    if error is Diagnostics || error is CancellationError { return error }
    return Diagnostic("cannot write the file: \(reason(error))", at: Place(file: store.path), hint: mend)
  }

  /// The system's own words: `No space left on device`.
  static func reason(_ error: any Error) -> String {
    let error = error as NSError
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error { return reason(cause) }
    guard error.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return Diagnostic.systemReason(error.code)
  }

  private static let mend = "is the disk full? what is done is kept: make room and run again"
}

extension Diagnostic {
  fileprivate static func systemReason(_ code: Int) -> String {
    POSIXErrorCode(rawValue: Int32(code)).map { POSIXError($0).localizedDescription } ?? "error \(code)"
  }
}
