internal import Basics
internal import Foundation
internal import TestSupport
internal import Testing
internal import Tokenizers

/// Small tokenizers of decoder kinds against the Hugging Face library (Tests/Golden/tokenizers/generate_decoders.py).
@Suite struct DecoderTests {
  static let names = [
    "gpt2", "llama3", "qwen2", "smollm", "roberta", "llama2", "mistral", "gemma", "folded", "clip", "marked",
  ]

  static let golden: JSON? = {
    let path = Reference.golden("tokenizers/decoders/cases.json").path
    return try? JSON(try InputFile.bytes(path), file: path)
  }()

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(file: Reference.golden("tokenizers/decoders/\(name).json").path)
  }

  /// A text, its reverse, and what the library makes of them.
  private struct Case {
    let text: String
    let reversed: String
    let fields: [JSON]

    func numbers(_ index: Int) -> [Int]? { fields[index].list?.compactMap(\.integer) }
  }

  private func cases(_ name: String) throws -> [Case] {
    let golden = try #require(Self.golden)
    let texts = golden["texts"]?.list?.compactMap(\.text) ?? []
    let reversed = golden["reversed"]?.list?.compactMap(\.text) ?? []
    let rows = try #require(golden["cases"]?[name]?.list)
    #expect(rows.count == texts.count && rows.count > 50)
    return try zip(zip(texts, reversed), rows).map { pair, row in
      Case(text: pair.0, reversed: pair.1, fields: try #require(row.list))
    }
  }

  @Test(arguments: names)
  func `difficult texts give the tokens of the Hugging Face library and the bytes that each covers`(
    _ name: String
  ) throws {
    let tokenizer = try Self.tokenizer(name)
    for one in try cases(name) {
      let tokens = tokenizer.tokens(of: one.text)
      #expect(tokens.ids.map(Int.init) == one.numbers(0), "\(one.text)")
      #expect(tokens.ranges.flatMap { [$0.lowerBound, $0.upperBound] } == one.numbers(1), "\(one.text)")
      let whole = tokenizer.encode(one.text, maxTokens: .max).ids
      #expect(whole.map(Int.init) == one.numbers(2) ?? one.numbers(0), "\(one.text)")
      #expect(whole == tokenizer.beginIDs + tokens.ids + tokenizer.endIDs)
      if let pair = one.numbers(5) {
        #expect(
          tokenizer.encode(one.text, pair: one.reversed, maxTokens: .max).ids.map(Int.init) == pair,
          "\(one.text)")
      }
    }
  }

  @Test(arguments: names)
  func `tokens become the text that the Hugging Face library makes of them, at once and one by one`(
    _ name: String
  ) throws {
    let tokenizer = try Self.tokenizer(name)
    for one in try cases(name) {
      let ids = tokenizer.encode(one.text, maxTokens: .max).ids
      let decoded = one.fields[3].text ?? one.text
      let plain = one.fields[4].text ?? decoded
      for (expected, skipping) in [(decoded, false), (plain, true)] {
        let found = tokenizer.decode(ids, skippingSpecials: skipping)
        #expect(found.hasBytes(of: expected), "\(one.text): \(found)")
        var stream = TokenText(tokenizer, skippingSpecials: skipping)
        var pieces = ids.map { stream.append($0) }
        // A piece is whole characters: none ends in what only looks like a broken one.
        #expect(expected.contains("\u{fffd}") || !pieces.contains { $0.contains("\u{fffd}") })
        pieces.append(stream.finish())
        #expect(pieces.joined().hasBytes(of: expected), "\(one.text): \(pieces)")
      }
    }
  }

  @Test func `an answer begins where its first token covers a byte of it`() throws {
    let tokenizer = try Self.tokenizer("llama3")
    let prompt = "Is the café's profit up?"
    let tokens = tokenizer.tokens(of: prompt + " größer")
    let first = try #require(tokens.ranges.firstIndex { $0.upperBound > prompt.utf8.count })
    #expect(tokens.ranges[first].lowerBound == prompt.utf8.count)
    #expect(Array(tokens.ids[..<first]) == tokenizer.tokens(of: prompt).ids)
    #expect(tokenizer.beginIDs == [tokenizer.id("<|begin|>")])
    #expect(tokenizer.endIDs == [])
    #expect(try Self.tokenizer("qwen2").beginIDs == [])
  }

  @Test func `a tokenizer of a decoder has no tokens of an encoder`() throws {
    let tokenizer = try Self.tokenizer("qwen2")
    #expect(tokenizer.kind == "BPE")
    #expect(tokenizer.maskID == nil)
    #expect(tokenizer.padID == nil)
    #expect(tokenizer.classID == nil)
    #expect(tokenizer.separatorID == nil)
    #expect(tokenizer.unknownID == nil)
    #expect(!tokenizer.lowercases)
    let roberta = try Self.tokenizer("roberta")
    #expect(roberta.classID == roberta.id("<s>"))
    #expect(roberta.separatorID == roberta.id("</s>"))
    #expect(roberta.maskID == roberta.id("<mask>"))
    let folded = try Self.tokenizer("folded")
    #expect(folded.unknownID == folded.id("<unk>"))
    #expect(folded.lowercases)
  }

  /// Long pieces use another way of merging than short ones.
  @Test(arguments: ["llama2", "gpt2"]) func `both ways of merging agree`(_ name: String) throws {
    let tokenizer = try Self.tokenizer(name)
    var stream = RandomStream(seed: 3, "merging")
    for length in [2, 3, 10, 47, 48, 49, 50, 200] {
      for _ in 0..<20 {
        let text = (0..<length).map { _ in ["a", "e", "t", "he", "in", "é", "場"][stream.index(below: 7)] }
          .joined()
        #expect(
          tokenizer.pieces(of: text, isScanned: true) == tokenizer.pieces(of: text, isScanned: false),
          "\(text)")
      }
    }
  }

  @Test func `a long text without spaces is merged in time`() throws {
    let tokenizer = try Self.tokenizer("llama2")
    let watch = Stopwatch()
    #expect(tokenizer.tokens(of: String(repeating: "théinaé", count: 20_000)).ids.count > 20_000)
    #expect(watch.seconds < 5)
  }
}
