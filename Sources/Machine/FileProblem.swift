internal import Basics
internal import Foundation

/// The file system's refusals, as a user reads them.
public enum FileProblem {
  /// How to mend what the system refused; nil where that is not known.
  public static func remedy(_ error: any Error) -> String? {
    number(error).flatMap { SystemRefusal.remedy($0) }
  }

  /// The system's number of an error; nil for an error that is not the system's.
  package static func number(_ error: any Error) -> Int32? { SystemRefusal.number(of: error) }

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
