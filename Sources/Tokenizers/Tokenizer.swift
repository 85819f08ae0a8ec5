internal import Basics
public import Foundation

/// A WordPiece tokenizer of the BERT family, token for token that of its `tokenizer.json`.
///
/// ```swift
/// let tokenizer = try Tokenizer(file: "model/tokenizer.json")
/// let encoding = tokenizer.encode("Profit rose.", maxTokens: 128)  // [CLS] profit rose . [SEP]
/// ```
///
/// Truncation and padding in the file are not used: the caller says how many tokens fit, and nothing
/// is padded.
public struct Tokenizer: Sendable {
  let content: TokenizerContent

  /// Reads a `tokenizer.json`.
  ///
  /// - Throws: a `Diagnostic` with the file and the key that is missing or not supported.
  public init(file path: String) throws {
    let bytes = try InputFile.bytes(
      path, called: "the tokenizer", hint: "a model folder needs a tokenizer.json of the WordPiece kind")
    content = try TokenizerFile(root: JSON(bytes, file: path), path: path).content()
  }

  /// Reads the bytes of a `tokenizer.json`; `path` is for messages.
  ///
  /// - Throws: a `Diagnostic` with the path and the key that is missing or not supported.
  public init(json: Data, path: String) throws {
    content = try TokenizerFile(root: JSON(Array(json), file: path), path: path).content()
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
    var first = TokenRow()
    append(text, word: nil, to: &first)
    guard let pair else { return single(first, maxTokens: maxTokens) }
    var second = TokenRow()
    append(pair, word: nil, to: &second)
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
    var row = TokenRow()
    for (index, word) in words.enumerated() { append(word, word: Int32(index), to: &row) }
    return single(row, maxTokens: maxTokens)
  }

  /// The token of an id, nil where there is none.
  public func token(_ id: Int32) -> String? {
    content.tokens.indices.contains(Int(id)) ? content.tokens[Int(id)] : nil
  }

  /// The id of a token of the vocabulary or of an added token, nil where there is none.
  public func id(_ token: String) -> Int32? { content.id(token) }

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
  public var lowercases: Bool { content.normalizer.lowercases }
  /// The id that stands for a word without pieces.
  public var unknownID: Int32 { content.unknownID }
  /// The id of `[SEP]`.
  public var separatorID: Int32 { content.separatorID }
  /// The id of `[CLS]`.
  public var classID: Int32 { content.classID }
  /// The id of `[MASK]`.
  public var maskID: Int32 { content.maskID }
  /// The id of `[PAD]`.
  public var padID: Int32 { content.padID }

  private func single(_ row: TokenRow, maxTokens: Int) -> Encoding {
    var row = row
    let parts = content.template.single
    row.cut(to: max(0, maxTokens - SpecialTokenTemplate.specialCount(parts)))
    return SpecialTokenTemplate.fill(parts, first: row, second: nil)
  }

  /// Appends a text's tokens; `word` is the index for all of them, nil counts pre-tokens.
  private func append(_ text: String, word: Int32?, to row: inout TokenRow) {
    let bytes = Array(text.utf8)
    var next: Int32 = 0
    for segment in content.rawTokens.segments(of: bytes) {
      switch segment {
      case .token(let id): append(token: id, word: word, next: &next, to: &row)
      case .text(let range):
        let piece = range.count == bytes.count ? bytes : Array(bytes[range])
        append(normalized: content.normalizer.normalized(piece), word: word, next: &next, to: &row)
      }
    }
  }

  private func append(normalized text: [UInt8], word: Int32?, next: inout Int32, to row: inout TokenRow) {
    guard !content.normalizedTokens.isEmpty else {
      append(words: text, 0..<text.count, word: word, next: &next, to: &row)
      return
    }
    for segment in content.normalizedTokens.segments(of: text) {
      switch segment {
      case .token(let id): append(token: id, word: word, next: &next, to: &row)
      case .text(let range): append(words: text, range, word: word, next: &next, to: &row)
      }
    }
  }

  private func append(token id: Int32, word: Int32?, next: inout Int32, to row: inout TokenRow) {
    row.ids.append(id)
    row.words.append(word ?? next)
    next += 1
  }

  private func append(
    words text: [UInt8], _ range: Range<Int>, word: Int32?, next: inout Int32, to row: inout TokenRow
  ) {
    BertPreTokenizer.forEachWord(text, in: range) { piece in
      let count = content.model.append(text, piece.bytes, scalars: piece.scalars, to: &row.ids)
      for _ in 0..<count { row.words.append(word ?? next) }
      next += 1
    }
  }
}

/// What a `tokenizer.json` says, ready for use.
struct TokenizerContent: Sendable {
  var normalizer: BertNormalizer
  var model: WordPieceModel
  /// What marks the pieces that continue a word.
  var prefix: String
  /// Longer words, in scalars, are unknown.
  var longestWord: Int
  var template: SpecialTokenTemplate
  /// The added tokens that are looked for before normalisation.
  var rawTokens: AddedTokens
  /// The added tokens that are looked for after it.
  var normalizedTokens: AddedTokens
  /// The token of each id; nil for an id that nothing has.
  var tokens: [String?]
  var addedTokens: [AddedToken]
  var unknownID: Int32
  var separatorID: Int32
  var classID: Int32
  var maskID: Int32
  var padID: Int32

  /// The id of a token; added tokens come before the vocabulary.
  func id(_ token: String) -> Int32? {
    addedTokens.last { $0.content.hasBytes(of: token) }?.id ?? model.id(token)
  }
}
