internal import Foundation

/// A block of floats that matrices are views of: owned (64-byte aligned, zeroed) or part of a mapped file.
@safe
public final class Storage: @unchecked Sendable {
  // SAFETY: `base` points at `count` floats owned by this object or by `mapping`, which it keeps alive.
  @usableFromInline let base: UnsafeMutablePointer<Float>
  /// Floats.
  public let count: Int
  private let mapping: MappedFile?

  /// Allocates zeroed floats.
  public init(count: Int) {
    self.count = count
    mapping = nil
    // SAFETY: freed in deinit; bound to Float for its whole life.
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64)
    unsafe base = raw.bindMemory(to: Float.self, capacity: max(1, count))
    unsafe base.initialize(repeating: 0, count: max(1, count))
  }

  /// Floats inside a mapped file.
  public init(mapping: MappedFile, byteOffset: Int, count: Int) {
    precondition(byteOffset >= 0 && byteOffset % 4 == 0, "offset \(byteOffset) is not aligned for floats")
    precondition(
      byteOffset + count * 4 <= mapping.count, "\(count) floats at \(byteOffset) of \(mapping.count) bytes")
    self.count = count
    self.mapping = mapping
    // SAFETY: in bounds and aligned as just checked; the mapping is private, so a write stays in this process.
    unsafe base = (mapping.base + byteOffset).bindMemory(to: Float.self, capacity: count)
  }

  deinit {
    if mapping == nil { unsafe base.deallocate() }
  }
}
