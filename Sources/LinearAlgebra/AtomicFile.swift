internal import Basics

#if canImport(Glibc)
  internal import Glibc
#endif

/// A file that appears whole or not at all: written under a temporary name, flushed to the disk, renamed.
@safe
public final class AtomicFile {
  private let path: String
  private let temporary: String
  private var descriptor: Int32

  /// Writes a file from the pieces that `body` appends.
  ///
  /// - Throws: what `body` throws, or a `Diagnostic` where the disk is full or the folder cannot be written; then nothing
  ///   is left behind and an older file of that name stays as it was.
  public static func write(_ path: String, _ body: (AtomicFile) throws -> Void) throws {
    let file = try AtomicFile(path)
    do {
      try body(file)
      try file.commit()
    } catch {
      file.discard()
      throw error
    }
  }

  private init(_ path: String) throws(Diagnostic) {
    self.path = path
    // Over a shared folder processes of two machines may have one number: each takes a name that nobody has.
    var (number, temporary, descriptor) = (0, "", Int32(-1))
    repeat {
      temporary = "\(path).\(getpid())-\(number).partial"
      descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      number += 1
    } while descriptor < 0 && errno == EEXIST && number < 1000
    (self.temporary, self.descriptor) = (temporary, descriptor)
    guard descriptor >= 0 else { throw problem() }
  }

  /// Appends bytes.
  public func append(_ bytes: [UInt8]) throws {
    // SAFETY: the buffer lives for the call.
    try unsafe bytes.withUnsafeBytes { try unsafe append($0) }
  }

  /// Appends a matrix's floats, row by row, as little-endian IEEE 754.
  public func append(_ matrix: Matrix) throws {
    for i in 0..<matrix.rows {
      // SAFETY: one row, in bounds by the matrix's init; the matrix holds its storage for the call.
      try unsafe append(
        UnsafeRawBufferPointer(
          start: matrix.pointer + i * matrix.stride, count: matrix.columns * MemoryLayout<Float>.stride))
    }
  }

  private func append(_ bytes: UnsafeRawBufferPointer) throws(Diagnostic) {
    var done = 0
    while done < bytes.count {
      // SAFETY: the rest of a live buffer.
      let written = unsafe Glibc.write(
        descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done)
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw problem() }
      done += written
    }
  }

  private func commit() throws(Diagnostic) {
    guard fsync(descriptor) == 0 else { throw problem() }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0, unsafe rename(temporary, path) == 0 else { throw problem() }
  }

  private func discard() {
    if descriptor >= 0 { close(descriptor) }
    unsafe unlink(temporary)
  }

  private func problem() -> Diagnostic {
    // SAFETY: strerror returns a static, zero-terminated text.
    let number = errno
    let reason = unsafe String(cString: strerror(number))
    return Diagnostic(
      "cannot write the file: \(reason)", at: Place(file: path), hint: SystemRefusal.remedy(number)
    ).ofSystem(number)
  }
}
