internal import Basics

/// The pre-tokenizer of GPT-2: words with the space before them, and then bytes.
///
/// The library writes each byte as a character of its own (`ByteAlphabet`). Here the text stays as it is and the model is
/// told that it is given bytes, which saves writing every text anew.
struct ByteLevel: PreTokenizer {
  let addsPrefixSpace: Bool
  let splits: Bool

  /// Words of GPT-2, as its published encoder of 2019 has them.
  private static let words = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  private static let pattern = TextPattern.known(words)

  var endsInBytes: Bool { true }

  func split(_ text: inout SplitText) {
    if addsPrefixSpace, text.pieces.contains(where: { text.text.bytes[$0.lowerBound] != 0x20 }) {
      text.rewrite { rewriting, piece in
        rewriting.prepend(rewriting.source.bytes[piece.lowerBound] == 0x20 ? [] : [0x20], to: piece)
      }
    }
    if splits {
      text.split(.isolated) { bytes, piece, found in Self.pattern.forEachMatch(in: bytes, piece, found) }
    }
  }
}

/// The characters that GPT-2 writes for bytes: printable ones of Latin-1 for themselves, the others from U+0100 on.
enum ByteAlphabet {
  /// The character of each byte.
  static let scalars: [UInt32] = {
    let printable = Set<UInt32>(0x21...0x7e).union(0xa1...0xac).union(0xae...0xff)
    var next: UInt32 = 0x100
    return (UInt32(0)..<256).map { byte in
      if printable.contains(byte) { return byte }
      next += 1
      return next - 1
    }
  }()

  private static let bytes: [UInt8?] = {
    var bytes = [UInt8?](repeating: nil, count: 0x180)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = UInt8(byte) }
    return bytes
  }()

  /// The bytes that a token is written for; nil where a character of it is none of the alphabet.
  static func bytes(of token: String) -> [UInt8]? {
    var result: [UInt8] = []
    for scalar in token.unicodeScalars {
      guard scalar.value < bytes.count, let byte = bytes[Int(scalar.value)] else { return nil }
      result.append(byte)
    }
    return result
  }
}

extension StageKind where Stage == any PreTokenizer {
  static let byteLevel = StageKind("ByteLevel") { section throws(Diagnostic) in
    ByteLevel(
      addsPrefixSpace: try section.flag("add_prefix_space"),
      splits: try section.flag("use_regex", usually: true))
  }
}
