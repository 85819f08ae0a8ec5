internal import Basics

/// A tokenizer as the files of llama.cpp and llama2.c describe it.
struct TokenizerDescription: Sendable {
  /// What a token is; the numbers are those of GGUF files.
  enum Kind: Int, Sendable {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  /// How texts become tokens.
  enum Model: Sendable {
    /// Byte-level BPE: words by a rule, then merges in their order.
    case bytes(PreTokenizer, merges: [(left: String, right: String)])
    /// SentencePiece's BPE: neighbours that make the piece of the highest score are joined first.
    case pieces(scores: [Float], addsSpace: Bool)
  }

  /// The tokens by their numbers.
  var tokens: [String]
  /// What they are.
  var kinds: [Kind]
  var model: Model
  /// Numbers of tokens with a part of their own.
  var beginning: Int?
  var end: Int?
  var unknown: Int?
  var padding: Int?
  /// Further tokens that end a turn or a text.
  var furtherEnds: [Int] = []
  var addsBeginning: Bool
  var addsEnd: Bool
  /// Whether white space behind a token of its own is dropped, by its number.
  var dropsSpaceBehind: Set<Int> = []
  /// Chat templates by their names; the first one is the default.
  var chatTemplates: [(name: String, text: String)] = []
  /// The file, for messages.
  var path: String

  /// What it is, in a few words.
  var words: String {
    switch model {
    case .bytes(let row, _): "byte-level BPE, words as '\(row.name)'"
    case .pieces: "BPE by scores"
    }
  }

  /// The numbers of all tokens that end a text.
  var ends: [Int] {
    var ends = [end].compactMap(\.self) + furtherEnds
    for (id, token) in tokens.enumerated() where Self.endings.contains(token) { ends.append(id) }
    var seen: Set<Int> = []
    return ends.filter { seen.insert($0).inserted }
  }

  /// Tokens that end a turn or a text whatever a file says of them, as llama.cpp has it.
  static let endings: Set<String> = [
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>", "<|end_of_text|>",
  ]
}

extension TokenizerDescription {
  /// Whether a token is looked for in texts as it is written, and is no text itself.
  func isSpecial(_ id: Int) -> Bool {
    switch kinds[id] {
    case .control, .unknown: true
    case .normal, .userDefined, .unused, .byte: Self.endings.contains(tokens[id])
    }
  }

  /// Refuses tokens that no vocabulary can have.
  func check() throws(Diagnostic) {
    var ids: [ExactText: Int] = [:]
    for (id, token) in tokens.enumerated() {
      guard !token.isEmpty else {
        throw Diagnostic("token \(id) is empty", at: Place(file: path), hint: "the tokenizer is damaged")
      }
      if let first = ids.updateValue(id, forKey: ExactText(token)) {
        throw Diagnostic(
          "the tokens \(first) and \(id) are the same: '\(token)'", at: Place(file: path),
          hint: "the tokenizer is damaged")
      }
    }
    for (word, id) in [("beginning", beginning), ("end", end), ("unknown", unknown), ("padding", padding)] {
      guard let id, id >= tokens.count else { continue }
      throw Diagnostic(
        "the \(word) token has number \(id), and there are \(tokens.count)", at: Place(file: path))
    }
    for (word, isAdded, id) in [("beginning", addsBeginning, beginning), ("end", addsEnd, end)]
    where isAdded && id == nil {
      throw Diagnostic("texts get a token of their \(word), and none is named", at: Place(file: path))
    }
  }
}
