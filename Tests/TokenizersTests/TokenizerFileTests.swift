internal import Basics
internal import Foundation
internal import TestSupport
internal import Testing
internal import Tokenizers

/// What is said about a tokenizer.json that cannot be used.
@Suite struct TokenizerFileTests {
  /// A change to a good file and the message it must give.
  struct Fault: Sendable, CustomTestStringConvertible {
    let from: String
    let to: String
    let message: String
    var testDescription: String { message }
  }

  static let faults = [
    Fault(
      from: "\"type\": \"WordPiece\", \"unk_token\"", to: "\"type\": \"Unigram\", \"unk_token\"",
      message: """
        t.json: key 'model.type': error: 'Unigram' is not supported
          supported: WordPiece, BPE
        """),
    Fault(
      from: "\"type\": \"WordPiece\", \"unk_token\"", to: "\"type\": \"BPE\", \"unk_token\"",
      message: "t.json: key 'model.merges': error: a list is missing"),
    Fault(
      from: "\"type\": \"WordPiece\", \"unk_token\"",
      to: "\"type\": \"BPE\", \"dropout\": 0.1, \"merges\": [], \"unk_token\"",
      message: """
        t.json: key 'model.dropout': error: a dropout of merges makes other tokens each time, which is not supported
          set it to null
        """),
    Fault(
      from: "\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", \"continuing_subword_prefix\": \"##\"",
      to: "\"type\": \"BPE\", \"merges\": [\"a b\"]",
      message: "t.json: key 'model.merges.0': error: the vocabulary lacks the token 'b'"),
    Fault(
      from: "\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", \"continuing_subword_prefix\": \"##\"",
      to: "\"type\": \"BPE\", \"merges\": [[\"a\"]]",
      message:
        "t.json: key 'model.merges.0': error: neither two tokens nor a text of two tokens with a space between"
    ),
    Fault(
      from: "\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", \"continuing_subword_prefix\": \"##\"",
      to: "\"unk_token\": \"[UNK]\"",
      message: """
        t.json: key 'model': error: the model says no type; it is no BPE, which has vocab and merges, and no WordPiece, \
        which has unk_token, continuing_subword_prefix, max_input_chars_per_word, vocab
          supported: WordPiece, BPE
        """),
    Fault(
      from: "\"type\": \"WordPiece\", \"unk_token\"", to: "\"type\": null, \"unk_token\"",
      message: "t.json: key 'model.type': error: a text is missing\n  supported: WordPiece, BPE"),
    Fault(
      from: "\"type\": \"BertNormalizer\"", to: "\"type\": \"Precompiled\"",
      message: """
        t.json: key 'normalizer.type': error: 'Precompiled' is not supported
          supported: BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, Strip, Prepend, Replace, Sequence
        """),
    Fault(
      from: "\"clean_text\": true", to: "\"clean_text\": 1",
      message: "t.json: key 'normalizer.clean_text': error: true or false is missing"),
    Fault(
      from: "{\"type\": \"BertPreTokenizer\"}", to: "{\"type\": \"Whitespace\"}",
      message: """
        t.json: key 'pre_tokenizer.type': error: 'Whitespace' is not supported
          supported: BertPreTokenizer, ByteLevel, Split, Digits, Metaspace, Sequence
        """),
    Fault(
      from: "{\"type\": \"BertPreTokenizer\"}",
      to:
        "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"ByteLevel\", \"add_prefix_space\": true}, {}]}",
      message: """
        t.json: key 'pre_tokenizer.pretokenizers.1': error: nothing may follow ByteLevel, which ends in bytes
        """),
    Fault(
      from: "{\"type\": \"BertPreTokenizer\"}",
      to:
        "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"a(b\"}, \"behavior\": \"Isolated\", \"invert\": false}",
      message: """
        t.json: key 'pre_tokenizer.pattern.Regex': error: character 2 of the regular expression: '(' without ')'
        """),
    Fault(
      from: "{\"type\": \"BertPreTokenizer\"}",
      to: "{\"type\": \"Split\", \"behavior\": \"Kept\"}",
      message: """
        t.json: key 'pre_tokenizer.behavior': error: 'Kept' is not supported
          supported: Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous
        """),
    Fault(
      from: "\"type\": \"TemplateProcessing\"", to: "\"type\": \"Other\"",
      message: """
        t.json: key 'post_processor.type': error: 'Other' is not supported
          supported: TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, Sequence
        """),
    Fault(
      from: "{\"type\": \"WordPiece\", \"prefix\"", to: "{\"type\": \"CTC\", \"prefix\"",
      message: """
        t.json: key 'decoder.type': error: 'CTC' is not supported
          supported: ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, WordPiece, Sequence
        """),
    Fault(
      from: "{\"id\": \"B\", \"type_id\": 1}", to: "{\"id\": \"C\", \"type_id\": 1}",
      message: """
        t.json: key 'post_processor.pair.3': error: unknown sequence 'C'
          known: A, B
        """),
    Fault(
      from: "\"[SEP]\": {\"id\": \"[SEP]\", \"ids\": [3]", to: "\"[SEP]\": {\"id\": \"[SEP]\", \"ids\": 3",
      message: "t.json: key 'post_processor.special_tokens': error: no ids for the special token '[SEP]'"),
    Fault(
      from: "\"unk_token\": \"[UNK]\"", to: "\"unk_token\": \"<unk>\"",
      message: "t.json: key 'model.unk_token': error: the vocabulary lacks the unknown token '<unk>'"),
    Fault(
      from: "\"a\": 5", to: "\"a\": -5",
      message: "t.json: key 'model.vocab.a': error: an id must be a whole number in 0…16777216"),
    Fault(
      from: "{\"id\": 4, \"content\": \"[MASK]\"", to: "{\"id\": 5, \"content\": \"[MASK]\"",
      message: "t.json: key 'added_tokens.4.id': error: the added token '[MASK]' must have the id 4"),
    Fault(
      from: "{\"id\": 4, \"content\": \"[MASK]\"", to: "{\"id\": 7, \"content\": \"[NEW]\"",
      message: "t.json: key 'added_tokens.4.id': error: the added token '[NEW]' must have the id 6"),
    Fault(
      from: "\"version\": \"1.0\",", to: "\"version\": \"1.0\"",
      message: "t.json:3:3: error: not valid JSON: expected ',' or '}'"),
  ]

  @Test(arguments: faults) func `a file that cannot be used names the key and what is supported`(
    _ fault: Fault
  ) throws {
    let vocabulary = WordPieceVocabulary.specials + ["a"]
    let good = try WordPieceVocabulary.tokenizerJSON(vocabulary: vocabulary, lowercase: true)
    let text = String(decoding: good, as: UTF8.self)
    try #require(text.contains(fault.from))
    let bad = Data(text.replacingOccurrences(of: fault.from, with: fault.to).utf8)
    let error = #expect(throws: Diagnostic.self) { try Tokenizer(json: bad, path: "t.json") }
    #expect(error?.description == fault.message)
  }

  @Test func `a file cut short anywhere is an error, never a crash`() throws {
    let vocabulary = WordPieceVocabulary.specials + ["a", "é"]
    let good = try WordPieceVocabulary.tokenizerJSON(vocabulary: vocabulary, lowercase: true)
    let whole = good.count - 2
    for count in stride(from: 0, to: whole, by: 3) {
      #expect(throws: Diagnostic.self) { try Tokenizer(json: good.prefix(count), path: "t.json") }
    }
  }

  @Test func `a missing file is named`() {
    let error = #expect(throws: Diagnostic.self) { try Tokenizer(file: "nowhere/tokenizer.json") }
    #expect(
      error?.description == """
        nowhere/tokenizer.json: error: cannot read the tokenizer
          a model folder needs a tokenizer.json
        """)
  }
}
