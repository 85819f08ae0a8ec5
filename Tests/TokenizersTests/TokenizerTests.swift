internal import Basics
internal import Foundation
internal import TestSupport
internal import Testing
internal import Tokenizers

/// The small tokenizers against the Hugging Face library (Tests/Golden/tokenizers/generate_cases.py).
@Suite struct TokenizerTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let tokenizer: String
    let text: String?
    let pair: String?
    let words: [String]?
    let most: Int?
    let ids: [Int32]
    /// All 0 where none are said.
    let types: [Int32]?
    let wordIndices: [Int32]
    var testDescription: String {
      "\(tokenizer): \(text ?? "\(words ?? [])") / \(pair ?? "-"), \(most ?? -1)"
    }

    var expected: Encoding {
      Encoding(ids: ids, types: types ?? ids.map { _ in 0 }, words: wordIndices)
    }

    func encoding(by tokenizer: Tokenizer) -> Encoding {
      if let words { return tokenizer.encode(words: words, maxTokens: most ?? .max) }
      return tokenizer.encode(text ?? "", pair: pair, maxTokens: most ?? .max)
    }
  }

  struct Golden: Decodable {
    let cases: [Case]
  }

  private func small(_ name: String) throws -> Tokenizer {
    try Tokenizer(file: Reference.golden("tokenizers/small/\(name).json").path)
  }

  @Test(arguments: ["uncased", "cased", "mixed", "made", "made_cased", "mpnet"])
  func `difficult texts give the tokens, types and words of the Hugging Face library`(_ name: String) throws {
    let data = try Data(contentsOf: Reference.golden("tokenizers/small/cases.json"))
    let cases = try JSONDecoder().decode(Golden.self, from: data).cases.filter { $0.tokenizer == name }
    let tokenizer = try small(name)
    #expect(cases.count > 400)
    for one in cases {
      #expect(one.encoding(by: tokenizer) == one.expected, "\(one.testDescription)")
    }
  }

  @Test func `tokens and ids belong together even where texts are canonically equivalent`() throws {
    let tokenizer = try small("cased")
    let composed = try #require(tokenizer.id("\u{e9}"))
    let decomposed = try #require(tokenizer.id("e\u{301}"))
    #expect(composed != decomposed)
    for id in 0..<Int32(tokenizer.vocabularySize) {
      let token = try #require(tokenizer.token(id))
      #expect(tokenizer.id(token) == id)
    }
    #expect(tokenizer.token(-1) == nil)
    #expect(tokenizer.token(Int32(tokenizer.vocabularySize)) == nil)
    #expect(tokenizer.id("no such token") == nil)
  }

  @Test func `the special ids are those of the file`() throws {
    let tokenizer = try small("uncased")
    let ids: [Int32?] = [
      tokenizer.padID, tokenizer.unknownID, tokenizer.classID, tokenizer.separatorID, tokenizer.maskID,
    ]
    #expect(ids == [0, 1, 2, 3, 4])
  }

  @Test func `the special ids of MPNet's kind are not those that its vocabulary has from BERT`() throws {
    let tokenizer = try small("mpnet")
    let ids: [Int32?] = [
      tokenizer.padID, tokenizer.unknownID, tokenizer.classID, tokenizer.separatorID, tokenizer.maskID,
    ]
    #expect(ids == [1, 6, 0, 2, 48])
    #expect(tokenizer.id("[MASK]") != nil && tokenizer.id("[PAD]") != nil)
  }

  @Test(.enabled(if: Reference.mpNet != nil, "needs all-mpnet-base-v2: make model MODEL=all-mpnet-base-v2"))
  func `the real tokenizer of MPNet gives the tokens of the Hugging Face library`() throws {
    let data = try Data(contentsOf: Reference.golden("tokenizers/mpnet.json"))
    let cases = try JSONDecoder().decode(Golden.self, from: data).cases
    let folder = try #require(Reference.mpNet)
    let tokenizer = try Tokenizer(file: folder.appendingPathComponent("tokenizer.json").path)
    #expect(cases.count > 300)
    for one in cases { #expect(one.encoding(by: tokenizer) == one.expected, "\(one.testDescription)") }
  }

  @Test func `with less room than special tokens only they remain`() throws {
    let tokenizer = try small("uncased")
    #expect(tokenizer.encode("the profit", maxTokens: 0).ids == [2, 3])
    #expect(tokenizer.encode("the", pair: "profit", maxTokens: 1).ids == [2, 3, 3])
    #expect(tokenizer.encode(words: ["the"], maxTokens: 2).ids == [2, 3])
  }
}
