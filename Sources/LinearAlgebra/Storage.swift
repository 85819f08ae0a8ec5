internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#endif

/// A block of floats that matrices are views of: owned (zeroed) or part of a mapped file.
///
/// Large blocks are mapped from the system: their pages come zeroed, cost nothing until they are touched, and are
/// huge ones (2 MB) where the system allows it, which spares page faults and misses of the translation buffer.
@safe
public final class Storage: @unchecked Sendable {
  // SAFETY: `base` points at `count` floats owned by this object or by `mapping`, which it keeps alive.
  @usableFromInline let base: UnsafeMutablePointer<Float>
  /// Floats.
  public let count: Int
  private let mapping: MappedFile?
  /// Whether the numbers lie in a file, which all processes that map it share.
  public var isMapped: Bool { mapping != nil }
  /// Bytes mapped from the system; 0 where the block came from the heap or lies in a file.
  private let pages: Int

  private static let hugePage = 2 << 20

  /// Allocates zeroed floats, on the border of a cache line at least.
  public init(count: Int) {
    self.count = count
    mapping = nil
    let bytes = max(1, count) * MemoryLayout<Float>.stride
    if bytes >= 2 * Storage.hugePage, let address = unsafe Storage.map(bytes) {
      pages = bytes
      // SAFETY: fresh zeroed pages, unmapped in deinit; bound to Float for their whole life.
      unsafe base = address.bindMemory(to: Float.self, capacity: count)
      return
    }
    pages = 0
    // SAFETY: freed in deinit; bound to Float for its whole life.
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    unsafe base = raw.bindMemory(to: Float.self, capacity: max(1, count))
    unsafe base.initialize(repeating: 0, count: max(1, count))
  }

  private static func map(_ bytes: Int) -> UnsafeMutableRawPointer? {
    // SAFETY: a private anonymous mapping; failure is checked, and then the heap serves.
    let address = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else { return nil }
    // Only advice: a system without huge pages says no, and nothing is lost.
    unsafe madvise(address, bytes, MADV_HUGEPAGE)
    return unsafe address
  }

  /// Floats inside a mapped file.
  public init(mapping: MappedFile, byteOffset: Int, count: Int) {
    precondition(byteOffset >= 0 && byteOffset % 4 == 0, "offset \(byteOffset) is not aligned for floats")
    precondition(
      byteOffset + count * 4 <= mapping.count, "\(count) floats at \(byteOffset) of \(mapping.count) bytes")
    self.count = count
    self.mapping = mapping
    pages = 0
    // SAFETY: in bounds and aligned as just checked; the mapping is private, so a write stays in this process.
    unsafe base = (mapping.base + byteOffset).bindMemory(to: Float.self, capacity: count)
  }

  deinit {
    if pages > 0 {
      unsafe munmap(base, pages)
    } else if mapping == nil {
      unsafe base.deallocate()
    }
  }
}
