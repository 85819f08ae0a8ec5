internal import Foundation

/// A GGUF file put together piece by piece, so that tests can make every piece wrong.
public struct GGUFBytes {
  /// The first bytes.
  public var magic = Array("GGUF".utf8)
  /// The format's version.
  public var version: UInt32 = 3
  /// The number of tensors that the header says, where that is not what is there.
  public var tensorCount: UInt64?
  /// The same of keys.
  public var keyCount: UInt64?
  private var keys: [[UInt8]] = []
  private var tensors: [[UInt8]] = []
  /// What stands behind the header.
  public var data: [UInt8] = []

  /// An empty file.
  public init() {}

  /// A little-endian number.
  public static func number<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> Number(8 * $0)) }
  }

  /// A length and a text.
  public static func text(_ text: String) -> [UInt8] { number(UInt64(text.utf8.count)) + Array(text.utf8) }

  /// A key with the number of its type and the bytes of its value.
  public mutating func key(_ name: String, _ type: UInt32, _ value: [UInt8]) {
    keys.append(Self.text(name) + Self.number(type) + value)
  }

  /// A key with such a value.
  public mutating func key(_ name: String, _ value: UInt32) { key(name, 4, Self.number(value)) }
  /// A key with such a value.
  public mutating func key(_ name: String, _ value: Float) { key(name, 6, Self.number(value.bitPattern)) }
  /// A key with such a value.
  public mutating func key(_ name: String, _ value: String) { key(name, 8, Self.text(value)) }
  /// A key with such a value.
  public mutating func key(_ name: String, _ value: [String]) {
    key(name, 9, Self.number(UInt32(8)) + Self.number(UInt64(value.count)) + value.flatMap(Self.text))
  }
  /// Bytes in the place of a key.
  public mutating func key(_ name: String, raw: [UInt8]) { keys.append(raw) }

  /// A tensor with its sizes as the file has them, fastest first.
  public mutating func tensor(_ name: String, _ sizes: [UInt64], type: UInt32 = 0, at offset: UInt64 = 0) {
    tensors.append(
      Self.text(name) + Self.number(UInt32(sizes.count)) + sizes.flatMap { Self.number($0) }
        + Self.number(type) + Self.number(offset))
  }

  /// The file.
  public var bytes: [UInt8] {
    var bytes =
      magic + Self.number(version) + Self.number(tensorCount ?? UInt64(tensors.count))
      + Self.number(keyCount ?? UInt64(keys.count)) + keys.joined() + tensors.joined()
    while bytes.count % 32 != 0 { bytes.append(0) }
    return bytes + data
  }

  /// A file with one key of each kind and two tensors.
  public static var small: GGUFBytes {
    var file = GGUFBytes()
    file.key("general.architecture", "llama")
    file.key("a.whole", UInt32(7))
    file.key("a.single", Float(1e-5))
    file.key("a.large", 10, number(UInt64.max))
    file.key("a.negative", 11, number(Int64(-3)))
    file.key("a.double", 12, number(Double(0.1).bitPattern))
    file.key("a.flag", 7, [1])
    file.key("a.small", 1, [0xff])
    file.key("a.texts", ["x", "", "é"])
    file.key("a.layers", 9, number(UInt32(5)) + number(UInt64(3)) + [4, 4, 4].flatMap { number(Int32($0)) })
    file.key("a.uneven", 9, number(UInt32(4)) + number(UInt64(2)) + [4, 5].flatMap { number(UInt32($0)) })
    file.tensor("one", [3, 2])
    file.tensor("two", [32, 1], type: 8, at: 32)
    file.data =
      (1...6).flatMap { number(Float($0).bitPattern) } + Array(repeating: 0, count: 8)
      + [0x00, 0x3c] + (0..<32).map { UInt8(truncatingIfNeeded: $0 - 16) }
    return file
  }

  /// A decoder of one block as llama.cpp stores it, weights zero: width 4, two heads, 260 tokens.
  ///
  /// - Parameters:
  ///   - dropped: Keys and tensors that are left out.
  ///   - change: Adds what is wrong.
  public static func llama(
    dropping dropped: Set<String> = [], _ change: (inout GGUFBytes) -> Void = { _ in }
  ) -> GGUFBytes {
    var file = GGUFBytes()
    func isKept(_ name: String) -> Bool { !dropped.contains(name) }
    for (name, value) in [("general.architecture", "llama"), ("tokenizer.ggml.model", "llama")]
    where isKept(name) {
      file.key(name, value)
    }
    let sizes: [(String, UInt32)] = [
      ("llama.block_count", 1), ("llama.context_length", 8), ("llama.embedding_length", 4),
      ("llama.feed_forward_length", 6), ("llama.attention.head_count", 2), ("tokenizer.ggml.bos_token_id", 1),
    ]
    for (name, value) in sizes where isKept(name) { file.key(name, value) }
    if isKept("epsilon") { file.key("llama.attention.layer_norm_rms_epsilon", Float(1e-5)) }
    let bytes = (0..<256).map { "<0x\($0 < 16 ? "0" : "")\(String($0, radix: 16, uppercase: true))>" }
    if isKept("tokenizer.ggml.tokens") {
      file.key("tokenizer.ggml.tokens", ["<unk>", "<s>", "</s>"] + bytes + ["a"])
    }
    if isKept("tokenizer.ggml.scores") {
      file.key(
        "tokenizer.ggml.scores", 9,
        number(UInt32(6)) + number(UInt64(260)) + Array(repeating: UInt8(0), count: 4 * 260))
    }
    let shapes: [(String, [UInt64])] = [
      ("token_embd", [4, 260]), ("output_norm", [4]), ("blk.0.attn_norm", [4]), ("blk.0.ffn_norm", [4]),
      ("blk.0.attn_q", [4, 4]), ("blk.0.attn_k", [4, 4]), ("blk.0.attn_v", [4, 4]),
      ("blk.0.attn_output", [4, 4]), ("blk.0.ffn_gate", [4, 6]), ("blk.0.ffn_up", [4, 6]),
      ("blk.0.ffn_down", [6, 4]),
    ]
    for (name, shape) in shapes where isKept(name) { file.add(name + ".weight", shape) }
    change(&file)
    return file
  }

  /// A tensor of zeros behind those that are there.
  public mutating func add(_ name: String, _ sizes: [UInt64], filled: [Float]? = nil) {
    tensor(name, sizes, at: UInt64(data.count))
    let floats = filled ?? Array(repeating: 0, count: Int(sizes.reduce(1, *)))
    data += floats.flatMap { Self.number($0.bitPattern) }
    while data.count % 32 != 0 { data.append(0) }
  }

  /// Writes the file.
  public func write(to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
}
