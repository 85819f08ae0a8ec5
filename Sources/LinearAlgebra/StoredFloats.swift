#if canImport(Glibc)
  internal import Glibc
#endif

/// Floating-point numbers as a file stores them, mapped into memory: read as floats, a block at a time.
///
/// A tensor may be larger than memory; what was read can be given back to the system with `discard`.
public struct StoredFloats: Sendable {
  /// How a number is stored, little-endian.
  public enum Format: Sendable, Hashable {
    /// IEEE 754, 64 bits; rounded when read.
    case float64
    /// IEEE 754, 32 bits.
    case float32
    /// IEEE 754, 16 bits.
    case float16
    /// The upper half of a 32-bit float.
    case bfloat16

    /// Bytes of a number.
    public var bytes: Int {
      switch self {
      case .float64: 8
      case .float32: 4
      case .float16, .bfloat16: 2
      }
    }
  }

  /// How many numbers there are.
  public let count: Int
  /// How they are stored.
  public let format: Format
  private let mapping: MappedFile
  private let offset: Int

  /// Numbers from a byte of a file on; they need not be aligned.
  public init(mapping: MappedFile, byteOffset: Int, count: Int, format: Format) {
    precondition(
      byteOffset >= 0 && count >= 0 && byteOffset + count * format.bytes <= mapping.count,
      "\(count) numbers of \(format.bytes) bytes at \(byteOffset) of \(mapping.count) bytes")
    self.mapping = mapping
    self.offset = byteOffset
    self.count = count
    self.format = format
  }

  /// Writes the numbers from `start` on into a block whose rows lie end to end; as many as it holds.
  public func read(from start: Int, into block: Matrix) {
    check(start, block)
    let source = unsafe mapping.base + offset + start * format.bytes
    // SAFETY: both sides are in bounds by `check`; the mapping and the storage outlive the call.
    block.withMutableSpan { target in
      switch format {
      case .float32: for i in 0..<target.count { target[i] = unsafe Self.float32(source, i) }
      case .bfloat16: for i in 0..<target.count { target[i] = unsafe Self.bfloat16(source, i) }
      case .float16: for i in 0..<target.count { target[i] = unsafe Self.float16(source, i) }
      case .float64: for i in 0..<target.count { target[i] = unsafe Self.float64(source, i) }
      }
    }
  }

  /// Subtracts the numbers from `start` on from those of a block.
  public func subtract(from start: Int, in block: Matrix) {
    check(start, block)
    let source = unsafe mapping.base + offset + start * format.bytes
    // SAFETY: as in `read`.
    block.withMutableSpan { target in
      switch format {
      case .float32: for i in 0..<target.count { target[i] -= unsafe Self.float32(source, i) }
      case .bfloat16: for i in 0..<target.count { target[i] -= unsafe Self.bfloat16(source, i) }
      case .float16: for i in 0..<target.count { target[i] -= unsafe Self.float16(source, i) }
      case .float64: for i in 0..<target.count { target[i] -= unsafe Self.float64(source, i) }
      }
    }
  }

  /// Gives the memory of some numbers back to the system; they are read from the file again when they are needed.
  public func discard(_ range: Range<Int>) {
    mapping.discard(offset + range.lowerBound * format.bytes..<offset + range.upperBound * format.bytes)
  }

  private func check(_ start: Int, _ block: Matrix) {
    precondition(
      start >= 0 && start + block.count <= count, "\(block.count) numbers from \(start) on of \(count)")
  }

  // SAFETY of all four: the caller has checked the bounds.
  @inline(__always) private static func float32(_ source: UnsafeMutableRawPointer, _ i: Int) -> Float {
    unsafe Float(bitPattern: source.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self))
  }

  @inline(__always) private static func bfloat16(_ source: UnsafeMutableRawPointer, _ i: Int) -> Float {
    unsafe Float(bitPattern: UInt32(source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)) << 16)
  }

  @inline(__always) private static func float16(_ source: UnsafeMutableRawPointer, _ i: Int) -> Float {
    unsafe Float(Float16(bitPattern: source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)))
  }

  @inline(__always) private static func float64(_ source: UnsafeMutableRawPointer, _ i: Int) -> Float {
    unsafe Float(Double(bitPattern: source.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)))
  }
}

/// Floats turned into the bytes of a file.
public struct FloatEncoder: Sendable {
  /// How a number is stored; not `float64`.
  public let format: StoredFloats.Format
  /// The bytes of the last block.
  public private(set) var bytes: [UInt8] = []

  /// An encoder for one format.
  public init(_ format: StoredFloats.Format) {
    precondition(format != .float64, "nothing is written as float64")
    self.format = format
  }

  /// Turns a block whose rows lie end to end into bytes, each number rounded to the nearest one, halves to even.
  public mutating func encode(_ block: Matrix) {
    let size = block.count * format.bytes
    if bytes.count != size { bytes = Array(repeating: 0, count: size) }
    let format = format
    // SAFETY: `bytes` has `format.bytes` bytes for every number of the block.
    unsafe bytes.withUnsafeMutableBytes { target in
      block.withSpan { source in
        switch format {
        case .float32, .float64:
          for i in 0..<source.count {
            unsafe target.storeBytes(of: source[i].bitPattern, toByteOffset: 4 * i, as: UInt32.self)
          }
        case .bfloat16:
          for i in 0..<source.count {
            unsafe target.storeBytes(
              of: NumberFormat.bfloat16.bits(source[i]), toByteOffset: 2 * i, as: UInt16.self)
          }
        case .float16:
          for i in 0..<source.count {
            unsafe target.storeBytes(
              of: NumberFormat.float16.bits(source[i]), toByteOffset: 2 * i, as: UInt16.self)
          }
        }
      }
    }
  }
}
