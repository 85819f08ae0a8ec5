internal import Foundation

/// What a user does about it when the system does not open or write a file: one table for all modules.
public enum SystemRefusal {
  /// How to mend a refusal; nil where the system's own words are all that is known.
  ///
  /// - Parameters:
  ///   - number: The system's, as in `errno`.
  ///   - isReading: Whether a file was to be read, not written.
  public static func remedy(_ number: Int32, isReading: Bool = false) -> String? {
    switch number {
    case ENOSPC, EDQUOT: "is the disk full? what is done is kept: make room and run again"
    case EFBIG:
      "files may not grow so large here: raise `ulimit -f`, or name a folder on another file system; what is done is kept"
    case EACCES where isReading, EPERM where isReading:
      "you may not read it: change its permissions or those of its folders (chmod), or ask its owner"
    case EACCES, EPERM: "you may not write there: change the permissions, or name another folder"
    case EROFS: "the file system there is read-only: name another folder"
    case ENAMETOOLONG: "a name in the path is longer than 255 bytes: shorten it"
    case EMFILE, ENFILE: "too few files may be open at once: raise `ulimit -n`, to 256 for instance"
    case ENOTDIR, EEXIST: "a file stands where a folder is needed: move it away, or name another folder"
    case EISDIR: "a folder stands where a file is needed: move it away, or name another folder"
    default: nil
    }
  }

  /// Whether a refusal to write will meet all that is written there, so that going on makes no sense.
  public static func meetsEverything(_ number: Int32) -> Bool {
    [ENOSPC, EDQUOT, EROFS, EIO].contains(number)
  }

  /// The system's number of an error; nil for an error that is not the system's.
  public static func number(of error: any Error) -> Int32? {
    let error = error as NSError
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error { return number(of: cause) }
    if error.domain == NSPOSIXErrorDomain { return Int32(error.code) }
    guard error.domain == NSCocoaErrorDomain else { return nil }
    // Foundation turns some numbers of the system into its own and forgets them.
    return switch CocoaError.Code(rawValue: error.code) {
    case .fileWriteOutOfSpace: ENOSPC
    case .fileWriteNoPermission, .fileReadNoPermission: EACCES
    case .fileWriteVolumeReadOnly: EROFS
    case .fileWriteInvalidFileName, .fileReadInvalidFileName: ENAMETOOLONG
    case .fileWriteFileExists: EEXIST
    default: nil
    }
  }
}
