internal import Basics
internal import Foundation
internal import TestSupport
internal import Testing
internal import Tokenizers

/// Every scalar there is against the Hugging Face library (generate_unicode_hashes.py).
@Suite struct UnicodeTests {
  struct Block: Decodable {
    let block: Int
    let words: String
    let normalized: [String: String]
  }

  struct Golden: Decodable {
    let blocks: [Block]
  }

  private static let blockSize: UInt32 = 4096

  /// For each scalar c: a c b, and c among marks of other combining classes.
  private func text(ofBlock block: Int) -> [UInt8] {
    var text = String.UnicodeScalarView()
    let first = UInt32(block) * Self.blockSize
    for value in first..<first + Self.blockSize {
      guard let scalar = Unicode.Scalar(value) else { continue }
      text.append(contentsOf: ["a", scalar, "b", "a", "\u{302e}", scalar, "\u{334}", "\u{1bf2}", "b"])
    }
    return Array(String(text).utf8)
  }

  private func normalizer(_ flags: String) -> BertNormalizer {
    let on = flags.map { $0 == "1" }
    return BertNormalizer(
      cleansText: on[0], isolatesIdeographs: on[1], stripsAccents: on[2], lowercases: on[3])
  }

  /// The blocks with anything assigned in them, and the first of each private plane.
  @Test(arguments: Array(0..<0x34) + [0xe0, 0xf0, 0x100])
  func `every scalar is normalised and split as the Hugging Face library does it`(_ block: Int) throws {
    let data = try Data(contentsOf: Reference.golden("tokenizers/unicode.json"))
    let blocks = try JSONDecoder().decode(Golden.self, from: data).blocks
    let expected = try #require(blocks.first { $0.block == block })
    let text = text(ofBlock: block)
    for (flags, hash) in expected.normalized.sorted(by: { $0.key < $1.key }) {
      #expect(StableHash.hex(Data(normalizer(flags).normalized(text))) == hash, "block \(block), \(flags)")
    }
    var words: [UInt8] = []
    BertPreTokenizer.forEachWord(text, in: 0..<text.count) { word in
      if !words.isEmpty { words.append(0x0a) }
      words += text[word]
    }
    #expect(StableHash.hex(Data(words)) == expected.words, "block \(block), words")
  }

  /// Where places are asked for, BERT's normalizer goes another way.
  @Test(arguments: [0, 1, 3, 0xa, 0x1d, 0x30])
  func `a normalised text is the same with the places of its bytes`(_ block: Int) {
    let text = text(ofBlock: block)
    for flags in ["1111", "0111", "1011", "1101", "1110", "0010", "0000"] {
      let aligned = normalizer(flags).aligned(text)
      #expect(aligned.bytes == normalizer(flags).normalized(text), "block \(block), \(flags)")
      #expect(aligned.places.allSatisfy { $0.upperBound <= text.count })
    }
  }
}
