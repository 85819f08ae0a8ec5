public import Basics
internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#endif

/// A file mapped into memory, copy on write: pages are shared by all processes that map it and never written back.
///
/// The mapping lives as long as the object; views hold on to it.
@safe
public final class MappedFile: @unchecked Sendable {
  // SAFETY: `base` points at `count` mapped bytes from init to deinit; nobody outside this module sees it.
  let base: UnsafeMutableRawPointer
  /// Bytes of the file.
  public let count: Int
  /// The path it was opened with.
  public let path: String

  /// Maps a whole file.
  ///
  /// - Throws: a `Diagnostic` where the file is missing, empty or cannot be mapped.
  public init(path: String) throws(Diagnostic) {
    let descriptor = unsafe open(path, O_RDONLY)
    guard descriptor >= 0 else {
      let number = errno
      throw Diagnostic(
        "cannot open the file: \(MappedFile.reason())", at: Place(file: path),
        hint: SystemRefusal.remedy(number, isReading: true))
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_size > 0 else {
      throw Diagnostic("the file is empty", at: Place(file: path))
    }
    count = Int(status.st_size)
    // SAFETY: a private mapping of the whole file; failure is checked below.
    let address = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw Diagnostic("cannot map the file: \(MappedFile.reason())", at: Place(file: path))
    }
    unsafe base = address
    self.path = path
  }

  deinit {
    unsafe munmap(base, count)
  }

  /// A copy of some bytes.
  public func bytes(_ range: Range<Int>) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "bytes \(range) of \(count)")
    // SAFETY: the range lies inside the mapping.
    return unsafe Array(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
  }

  /// A little-endian whole number at a byte, which need not be aligned.
  public func integer<Number: FixedWidthInteger & BitwiseCopyable>(
    _: Number.Type, at offset: Int
  ) -> Number {
    precondition(
      offset >= 0 && offset <= count - MemoryLayout<Number>.size, "a number at \(offset) of \(count) bytes")
    // SAFETY: the bytes lie inside the mapping, as just checked.
    return unsafe Number(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  /// Gives the memory of whole pages inside some bytes back to the system.
  ///
  /// Whatever a view wrote there is lost; what is read again comes from the file.
  public func discard(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "bytes \(range) of \(count)")
    let page = Int(getpagesize())
    let start = (range.lowerBound + page - 1) / page * page
    let end = range.upperBound == count ? count : range.upperBound / page * page
    guard start < end else { return }
    // SAFETY: whole pages inside the mapping; only advice, which may fail without harm.
    unsafe madvise(base + start, end - start, MADV_DONTNEED)
  }

  private static func reason() -> String {
    unsafe String(cString: strerror(errno))
  }
}
