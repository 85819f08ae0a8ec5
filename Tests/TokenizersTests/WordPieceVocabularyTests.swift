internal import Foundation
internal import TestSupport
internal import Testing
internal import Tokenizers

/// Vocabularies made from texts, and their files.
///
/// That the Hugging Face library loads `made.json` and agrees on difficult texts is held by `TokenizerTests`.
@Suite struct WordPieceVocabularyTests {
  /// Some texts of every script that the difficult texts have.
  static let texts = [
    "The profit rose, the profit fell: \"10 %\" \\ a/b.", "Café Straße İstanbul ΟΔΟΣ", "中国 한국어 Ё й",
    "unaffable unaffables don't ’“”…—€ 👍🏽", "the quick brown fox jumps over a lazy dog 0123456789 @#[]",
  ]

  @Test func `specials come first, then characters, then words by falling count and name`() {
    let vocabulary = WordPieceVocabulary.train(["b A a.", "ab B ba ba", "É ab c"], limit: 100)
    #expect(
      vocabulary == [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "a", "b", "c", "e", "##.", "##a", "##b", "##c",
        "##e", "ab", "ba",
      ])
  }

  @Test func `the limit cuts the end`() {
    let whole = WordPieceVocabulary.train(Self.texts, limit: 1000)
    #expect(whole.count > 60)
    for limit in [5, 6, 30, whole.count - 1, whole.count] {
      #expect(WordPieceVocabulary.train(Self.texts, limit: limit) == Array(whole.prefix(limit)))
    }
  }

  @Test func `the order of the texts makes no difference`() {
    let forward = WordPieceVocabulary.train(Self.texts, limit: 1000)
    #expect(WordPieceVocabulary.train(Self.texts.reversed(), limit: 1000) == forward)
  }

  @Test func `no word of the texts is unknown`() throws {
    let vocabulary = WordPieceVocabulary.train(Self.texts, limit: 1000)
    let json = try WordPieceVocabulary.tokenizerJSON(vocabulary: vocabulary, lowercase: true)
    let tokenizer = try Tokenizer(json: json, path: "made.json")
    #expect(tokenizer.vocabularySize == vocabulary.count)
    #expect(vocabulary.indices.allSatisfy { tokenizer.token(Int32($0)) == vocabulary[$0] })
    for text in Self.texts {
      #expect(!tokenizer.encode(text, maxTokens: .max).ids.contains { $0 == tokenizer.unknownID }, "\(text)")
    }
  }

  @Test(arguments: [("made", true), ("made_cased", false)])
  func `the file is the one that the Hugging Face library was asked about`(_ name: String, lowercase: Bool)
    throws
  {
    let vocabulary = WordPieceVocabulary.train(Self.texts, limit: 150)
    let json = try WordPieceVocabulary.tokenizerJSON(vocabulary: vocabulary, lowercase: lowercase)
    let file = Reference.golden("tokenizers/small/\(name).json")
    if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" { try json.write(to: file) }
    #expect(try String(contentsOf: file, encoding: .utf8) == String(decoding: json, as: UTF8.self))
  }
}
