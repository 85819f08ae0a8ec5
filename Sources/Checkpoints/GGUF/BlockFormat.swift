public import Basics
public import LinearAlgebra

/// How GGUF files store the numbers of a tensor: in blocks of so many numbers and bytes.
///
/// Source: the GGUF specification and ggml's block formats (ggml-org/llama.cpp, docs and ggml-quants). Bytes are
/// little-endian, scales are IEEE 754 halves; a block never passes the end of a row.
public struct BlockFormat: CatalogEntry {
  /// How numbers are made of the bytes of whole blocks.
  enum Decoding: Sendable {
    /// A number is stored for itself.
    case plain(StoredFloats.Format)
    /// The floats of some blocks that lie end to end, each rounded as ggml's reference rounds it.
    case blocks(@Sendable (_ bytes: Span<UInt8>, _ numbers: inout MutableSpan<Float>) -> Void)
    /// Known by size only.
    case none
  }

  /// The name in ggml.
  public let name: String
  /// What a number is made of.
  public let summary: String
  /// The number of the type in files.
  public let number: UInt32
  /// Numbers of a block.
  public let numbers: Int
  /// Bytes of a block.
  public let bytes: Int
  let decoding: Decoding

  init(
    _ name: String, _ number: UInt32, numbers: Int, bytes: Int, _ decoding: Decoding = .none,
    summary: String = "not read"
  ) {
    self.name = name
    self.number = number
    self.numbers = numbers
    self.bytes = bytes
    self.decoding = decoding
    self.summary = summary
  }

  /// Whether its numbers can be read.
  public var isRead: Bool { if case .none = decoding { false } else { true } }

  /// The format that keeps every number as it is in the fewest bytes; nil for blocks with scales.
  public var plain: StoredFloats.Format? { if case .plain(let format) = decoding { format } else { nil } }
}

/// The formats of numbers in GGUF files.
public enum BlockFormats {
  /// All of them: those that are read first, then those that are known by their size, so that a file of them can be
  /// inspected.
  public static let all = Catalog("number format", read + sized)

  /// The names of those that are read, for messages.
  public static let readNames = read.map(\.name).joined(separator: ", ")

  private static let read: [BlockFormat] = [
    .float32, .float16, .bfloat16, .q4With0, .q4With1, .q5With0, .q5With1, .q8With0, .q4K, .q5K, .q6K,
  ]

  private static let sized: [BlockFormat] = [
    BlockFormat("Q8_1", 9, numbers: 32, bytes: 40), BlockFormat("Q2_K", 10, numbers: 256, bytes: 84),
    BlockFormat("Q3_K", 11, numbers: 256, bytes: 110), BlockFormat("Q8_K", 15, numbers: 256, bytes: 292),
    BlockFormat("IQ2_XXS", 16, numbers: 256, bytes: 66), BlockFormat("IQ2_XS", 17, numbers: 256, bytes: 74),
    BlockFormat("IQ3_XXS", 18, numbers: 256, bytes: 98), BlockFormat("IQ1_S", 19, numbers: 256, bytes: 50),
    BlockFormat("IQ4_NL", 20, numbers: 32, bytes: 18), BlockFormat("IQ3_S", 21, numbers: 256, bytes: 110),
    BlockFormat("IQ2_S", 22, numbers: 256, bytes: 82), BlockFormat("IQ4_XS", 23, numbers: 256, bytes: 136),
    BlockFormat("I8", 24, numbers: 1, bytes: 1), BlockFormat("I16", 25, numbers: 1, bytes: 2),
    BlockFormat("I32", 26, numbers: 1, bytes: 4), BlockFormat("I64", 27, numbers: 1, bytes: 8),
    BlockFormat("F64", 28, numbers: 1, bytes: 8), BlockFormat("IQ1_M", 29, numbers: 256, bytes: 56),
    BlockFormat("TQ1_0", 34, numbers: 256, bytes: 54), BlockFormat("TQ2_0", 35, numbers: 256, bytes: 66),
    BlockFormat("MXFP4", 39, numbers: 32, bytes: 17), BlockFormat("NVFP4", 40, numbers: 64, bytes: 36),
    BlockFormat("Q1_0", 41, numbers: 128, bytes: 18),
  ]

  /// The format of a number in a file; nil where it is not known.
  static func format(_ number: UInt32) -> BlockFormat? { all.entries.first { $0.number == number } }
}

extension BlockFormat {
  /// Numbers as they are.
  public static let float32 = BlockFormat(
    "F32", 0, numbers: 1, bytes: 4, .plain(.float32), summary: "IEEE 754, 32 bits")
  static let float16 = BlockFormat(
    "F16", 1, numbers: 1, bytes: 2, .plain(.float16), summary: "IEEE 754, 16 bits")
  static let bfloat16 = BlockFormat(
    "BF16", 30, numbers: 1, bytes: 2, .plain(.bfloat16), summary: "the upper half of a 32-bit float")
}

/// A half-precision number inside a block.
func half(_ bytes: Span<UInt8>, _ offset: Int) -> Float {
  NumberFormat.float16.float(UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8)
}
