public import Tasks
public import Tokenizers

/// An example as token ids.
public struct TokenizedExample: Sendable {
  /// With the special tokens, cut to the longest length.
  public var ids: [Int32]
  /// 0 first sentence, 1 second.
  public var types: [Int32]
  /// For tagging: the first token of each word that has one and fits, in order.
  public var wordStarts: [Int]
  /// Of each of these, the word that it begins.
  public var words: [Int]
  /// For tagging: the words of the text, those among them without a token and beyond the longest length.
  public var wordCount: Int
  /// What is right.
  public var target: Target
  /// As in `Example.group`.
  public var group: String?
  /// What a model is to say after the text, or may say; nil where heads read its states alone.
  public var answers: AnswerRow?

  /// Makes an example.
  ///
  /// - Parameters:
  ///   - words: nil where each word up to the last that fits has a token.
  ///   - wordCount: nil where the last of them is the last of the text.
  public init(
    ids: [Int32], types: [Int32], wordStarts: [Int], words: [Int]? = nil, wordCount: Int? = nil,
    target: Target
  ) {
    precondition(words == nil || words?.count == wordStarts.count, "a word for each start")
    self.ids = ids
    self.types = types
    self.wordStarts = wordStarts
    self.words = words ?? Array(wordStarts.indices)
    self.wordCount = wordCount ?? (self.words.last ?? -1) + 1
    self.target = target
  }

  /// Tokenises an example.
  public init(_ example: Example, tokenizer: Tokenizer, maxTokens: Int) {
    let encoding =
      example.words.isEmpty
      ? tokenizer.encode(example.text, pair: example.pair, maxTokens: maxTokens)
      : tokenizer.encode(words: example.words, maxTokens: maxTokens)
    var starts: [Int] = []
    var words: [Int] = []
    if !example.words.isEmpty {
      // A word may have no token: one of control characters, say.
      for (token, word) in encoding.words.enumerated() where Int(word) > words.last ?? -1 {
        starts.append(token)
        words.append(Int(word))
      }
    }
    self.init(
      ids: encoding.ids, types: encoding.types, wordStarts: starts, words: words,
      wordCount: example.words.count, target: example.target)
    group = example.group
  }
}

extension [TokenizedExample] {
  /// What predictions of them are held against.
  public var wanted: WantedRows { WantedRows(map(\.target), groups: map(\.group)) }
}
