internal import Basics
public import Foundation

/// A tokenizer, token for token that of its `tokenizer.json`.
///
/// ```swift
/// let tokenizer = try Tokenizer(file: "model/tokenizer.json")
/// let encoding = tokenizer.encode("Profit rose.", maxTokens: 128)  // [CLS] profit rose . [SEP]
/// let tokens = tokenizer.tokens(of: "Profit rose.")                // the same without [CLS] and [SEP], with places
/// ```
///
/// A text goes through a pipeline: added tokens are found, the rest is normalised, split into pieces, and made tokens by a
/// model; a template puts special tokens around; a decoder makes text of tokens again. Each stage is one row of a table
/// (`StageTable.swift`), which says what is supported. Truncation and padding in the file are not used: the caller says
/// how many tokens fit, and nothing is padded.
public struct Tokenizer: Sendable {
  let content: TokenizerContent

  /// Reads a `tokenizer.json`.
  ///
  /// - Throws: a `Diagnostic` with the file and the key that is missing or not supported.
  public init(file path: String) throws {
    let bytes = try InputFile.bytes(
      path, called: "the tokenizer", hint: "a model folder needs a tokenizer.json")
    content = try TokenizerFile(JSON(bytes, file: path), path: path).content()
  }

  /// Reads the bytes of a `tokenizer.json`; `path` is for messages.
  ///
  /// - Throws: a `Diagnostic` with the path and the key that is missing or not supported.
  public init(json: Data, path: String) throws {
    content = try TokenizerFile(JSON(Array(json), file: path), path: path).content()
  }

  /// The tokens of a sentence or of two, with the special tokens around them.
  ///
  /// What is too long is cut on the right, of two sentences the longer one first. Cost: O(bytes).
  /// - Parameters:
  ///   - text: The sentence; added tokens written in it (`[SEP]`, `[MASK]`) are found as such.
  ///   - pair: The second sentence, if there is one.
  ///   - maxTokens: The most tokens of the result; with fewer than the special tokens only those remain.
  /// - Returns: The ids with their types and words.
  public func encode(_ text: String, pair: String? = nil, maxTokens: Int) -> Encoding {
    var first = TokenRow(isTracked: false)
    content.append(text, to: &first)
    guard let pair else { return single(first, maxTokens: maxTokens) }
    var second = TokenRow(isTracked: false)
    content.append(pair, to: &second)
    let parts = content.template.pair
    let room = max(0, maxTokens - SpecialTokenTemplate.specialCount(parts))
    TokenRow.cutLongestFirst(&first, &second, to: room)
    return SpecialTokenTemplate.fill(parts, first: first, second: second)
  }

  /// The tokens of a sentence that is already split into words.
  ///
  /// Each word is normalised and split on its own; `words` of the result says which word a token is of.
  /// - Parameters:
  ///   - words: The words.
  ///   - maxTokens: The most tokens of the result; with fewer than the special tokens only those remain.
  /// - Returns: The ids with their types and words.
  public func encode(words: [String], maxTokens: Int) -> Encoding {
    var row = TokenRow(isTracked: false)
    for (index, word) in words.enumerated() {
      row.word = Int32(index)
      content.append(word, to: &row)
    }
    return single(row, maxTokens: maxTokens)
  }

  /// The tokens of a text without special tokens around it, each with the part of the text that it covers.
  ///
  /// Added tokens written in the text are found as such. The parts are those of the Hugging Face library's offsets, in bytes and
  /// before a post-processor trims spaces off them. Cost: O(bytes).
  public func tokens(of text: String) -> TextTokens {
    var row = TokenRow(isTracked: true)
    content.append(text, to: &row)
    return TextTokens(ids: row.ids, ranges: row.places)
  }

  /// The special tokens that the template puts before a single text.
  public var beginIDs: [Int32] { content.template.surroundings.before }
  /// The special tokens that the template puts after a single text.
  public var endIDs: [Int32] { content.template.surroundings.after }

  /// The token of an id, nil where there is none.
  public func token(_ id: Int32) -> String? {
    content.tokens.indices.contains(Int(id)) ? content.tokens[Int(id)] : nil
  }

  /// The id of a token of the vocabulary or of an added token, nil where there is none.
  public func id(_ token: String) -> Int32? { content.id(token) }

  /// The kind of its model: `WordPiece`, `BPE`.
  public var kind: String { content.model.kind }
  /// One more than the largest id: the rows that an embedding needs.
  public var vocabularySize: Int { content.tokens.count }
  /// The largest id that any text can get: an embedding needs one row more.
  public var largestID: Int32 {
    max(Int32(vocabularySize - 1), content.template.ids.max() ?? 0)
  }
  /// The largest token type of one sentence, or of two.
  public func largestType(pair: Bool) -> Int32 {
    SpecialTokenTemplate.types(pair ? content.template.pair : content.template.single).max() ?? 0
  }
  /// The special tokens around one sentence, or around two: no input is shorter.
  public func specialTokens(pair: Bool) -> Int {
    SpecialTokenTemplate.specialCount(pair ? content.template.pair : content.template.single)
  }
  /// Whether the case of texts is lowered before they are cut into tokens.
  public var lowercases: Bool { content.normalizer?.lowercases ?? false }
  /// The token of what has no other; nil where everything has one, as bytes.
  public var unknownID: Int32? { content.model.unknownID }
  /// The token before a text, where one stands before and one after it as in BERT; nil elsewhere.
  public var classID: Int32? { content.template.marks?.first }
  /// The token after a text, where one stands before and one after it as in BERT; nil elsewhere.
  public var separatorID: Int32? { content.template.marks?.last }
  /// The id of `[MASK]` or `<mask>`, where there is one.
  public var maskID: Int32? { content.id(named: ["[MASK]", "<mask>"]) }
  /// The id of `[PAD]` or `<pad>`, where there is one.
  public var padID: Int32? { content.id(named: ["[PAD]", "<pad>"]) }

  /// The tokens of one piece of a byte-pair encoding by one way of merging, for tests.
  package func pieces(of text: String, isScanned: Bool) -> [Int32] {
    (content.model as? BytePairModel)?.ids(Array(text.utf8), isScanned: isScanned) ?? []
  }

  private func single(_ row: TokenRow, maxTokens: Int) -> Encoding {
    var row = row
    let parts = content.template.single
    row.cut(to: max(0, maxTokens - SpecialTokenTemplate.specialCount(parts)))
    return SpecialTokenTemplate.fill(parts, first: row, second: nil)
  }
}
