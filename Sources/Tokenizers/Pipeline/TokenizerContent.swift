internal import Basics

/// What a `tokenizer.json` says, ready for use: the stages of the pipeline.
struct TokenizerContent: Sendable {
  let normalizer: (any Normalizer)?
  let preTokenizer: (any PreTokenizer)?
  let model: any TokenModel
  let template: SpecialTokenTemplate
  let decoder: (any Decoder)?
  let addedTokens: [AddedToken]
  /// The added tokens that are looked for before normalisation.
  private let rawTokens: AddedTokens
  /// The added tokens that are looked for after it.
  private let normalizedTokens: AddedTokens
  /// The token of each id; nil for an id that nothing has.
  let tokens: [String?]
  /// The ids that decoding may leave out.
  let specialIDs: Set<Int32>
  /// What tokens become in decoding that are found in normalised text and change there.
  private let normalForms: [Int32: String]
  private let addedIDs: [ExactText: Int32]
  /// Whether texts lose the places of their bytes where nobody asks: BERT's stages, which then are one pass.
  private let isBERT: Bool

  init(
    normalizer: (any Normalizer)?, preTokenizer: (any PreTokenizer)?, model: any TokenModel,
    template: SpecialTokenTemplate, decoder: (any Decoder)?, addedTokens: [AddedToken]
  ) {
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.model = model
    self.template = template
    self.decoder = decoder
    self.addedTokens = addedTokens
    rawTokens = AddedTokens(addedTokens.filter { !$0.normalized })
    normalizedTokens = AddedTokens(addedTokens.filter(\.normalized)) { content in
      var text = AlignedText(content, start: 0, isTracked: false)
      normalizer?.normalize(&text)
      return text.bytes
    }
    let vocabulary = model.vocabulary
    let largest = max(vocabulary.map(\.id).max() ?? 0, addedTokens.map(\.id).max() ?? 0)
    var tokens = [String?](repeating: nil, count: Int(largest) + 1)
    for entry in vocabulary { tokens[Int(entry.id)] = entry.token }
    for token in addedTokens { tokens[Int(token.id)] = token.content }
    self.tokens = tokens
    var normalForms: [Int32: String] = [:]
    for token in addedTokens where token.normalized {
      var text = AlignedText(Array(token.content.utf8), start: 0, isTracked: false)
      normalizer?.normalize(&text)
      let form = String(decoding: text.bytes, as: UTF8.self)
      if !form.hasBytes(of: token.content) { normalForms[token.id] = form }
    }
    self.normalForms = normalForms
    let specials = Set(addedTokens.filter(\.isSpecial).map { ExactText($0.content) })
    // The library asks whether the text that it decodes to is a special token's.
    specialIDs = Set(
      addedTokens.filter { specials.contains(ExactText(normalForms[$0.id] ?? $0.content)) }.map(\.id))
    addedIDs = Dictionary(addedTokens.map { (ExactText($0.content), $0.id) }) { $1 }
    isBERT = normalizer is BertNormalizer && preTokenizer is BertPreTokenizer
  }

  /// What a token is to a decoder; nil for an id that nothing has.
  func decoded(_ id: Int32) -> String? {
    normalForms[id] ?? (tokens.indices.contains(Int(id)) ? tokens[Int(id)] : nil)
  }

  /// The id of a token; added tokens come before the vocabulary.
  func id(_ token: String) -> Int32? { addedIDs[ExactText(token)] ?? model.id(token) }

  /// The id of the first of some names; added tokens come first, as a vocabulary may hold the other family's names as
  /// ordinary words.
  func id(named names: [String]) -> Int32? {
    names.lazy.compactMap { addedIDs[ExactText($0)] }.first ?? names.lazy.compactMap { model.id($0) }.first
  }

  // MARK: The pipeline

  /// Appends a text's tokens.
  func append(_ text: String, to row: inout TokenRow) {
    let bytes = Array(text.utf8)
    for segment in rawTokens.segments(of: bytes) {
      switch segment {
      case .token(let id, let range):
        row.append(id, range)
        row.endWord()
      case .text(let range):
        let piece = range.count == bytes.count ? bytes : Array(bytes[range])
        let text = AlignedText(piece, start: range.lowerBound, isTracked: row.isTracked || !isBERT)
        append(normalizing: text, to: &row)
      }
    }
  }

  private func append(normalizing text: AlignedText, to row: inout TokenRow) {
    var text = text
    normalizer?.normalize(&text)
    guard !normalizedTokens.isEmpty else { return append(text, 0..<text.bytes.count, to: &row) }
    for segment in normalizedTokens.segments(of: text.bytes) {
      switch segment {
      case .token(let id, let range):
        row.append(id, text.original(range))
        row.endWord()
      case .text(let range): append(text, range, to: &row)
      }
    }
  }

  private func append(_ text: AlignedText, _ range: Range<Int>, to row: inout TokenRow) {
    var split = SplitText(text, range)
    preTokenizer?.split(&split)
    model.append(split, to: &row)
  }
}
