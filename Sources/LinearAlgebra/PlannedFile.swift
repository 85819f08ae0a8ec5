public import Basics

#if canImport(Glibc)
  internal import Glibc
#endif

/// A file of a size known beforehand, whose parts are written in any order and by any thread.
@safe
public final class PlannedFile: @unchecked Sendable {
  // SAFETY: the descriptor is only ever used for positioned writes until `close`, which needs the last reference.
  private let descriptor: Int32
  /// The path it was made with.
  public let path: String
  /// Bytes of the whole file.
  public let count: Int

  /// Makes a file of zeros; an older one of that name is replaced.
  ///
  /// - Throws: a `Diagnostic` where the folder cannot be written.
  public init(path: String, count: Int) throws(Diagnostic) {
    self.path = path
    self.count = count
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw PlannedFile.problem(path) }
    guard ftruncate(descriptor, count) == 0 else {
      let problem = PlannedFile.problem(path)
      Glibc.close(descriptor)
      throw problem
    }
  }

  deinit {
    Glibc.close(descriptor)
  }

  /// Writes bytes at a place.
  public func write(_ bytes: Span<UInt8>, at offset: Int) throws(Diagnostic) {
    precondition(
      offset >= 0 && offset + bytes.count <= count, "\(bytes.count) bytes at \(offset) of \(count)")
    var done = 0
    while done < bytes.count {
      // SAFETY: the rest of a live buffer.
      let written = unsafe bytes.withUnsafeBytes { buffer in
        unsafe pwrite(
          descriptor, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done, offset + done)
      }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw PlannedFile.problem(path) }
      done += written
    }
  }

  /// Asks the system to begin with carrying written bytes to the disk, so that `flush` has less to wait for.
  public func beginFlush(_ range: Range<Int>) {
    // Only a hint. The pages are dirty, so that the system starts writing and keeps what it has not written yet.
    _ = posix_fadvise(descriptor, range.lowerBound, range.count, POSIX_FADV_DONTNEED)
  }

  /// Returns when all is on the disk.
  public func flush() throws(Diagnostic) {
    guard fsync(descriptor) == 0 else { throw PlannedFile.problem(path) }
  }

  private static func problem(_ path: String) -> Diagnostic {
    // SAFETY: strerror returns a static, zero-terminated text.
    let number = errno
    let reason = unsafe String(cString: strerror(number))
    return Diagnostic(
      "cannot write the file: \(reason)", at: Place(file: path), hint: SystemRefusal.remedy(number))
  }
}
