public import Tasks
public import Tokenizers

/// An example as token ids.
public struct TokenizedExample: Sendable {
  /// With the special tokens, cut to the longest length.
  public var ids: [Int32]
  /// 0 first sentence, 1 second.
  public var types: [Int32]
  /// For tagging: the first token of each word that fits, in order.
  public var wordStarts: [Int]
  /// What is right.
  public var target: Target

  /// Makes an example.
  public init(ids: [Int32], types: [Int32], wordStarts: [Int], target: Target) {
    self.ids = ids
    self.types = types
    self.wordStarts = wordStarts
    self.target = target
  }

  /// Tokenises an example.
  public init(_ example: Example, tokenizer: Tokenizer, maxTokens: Int) {
    let encoding =
      example.words.isEmpty
      ? tokenizer.encode(example.text, pair: example.pair, maxTokens: maxTokens)
      : tokenizer.encode(words: example.words, maxTokens: maxTokens)
    var starts: [Int] = []
    if !example.words.isEmpty {
      for (token, word) in encoding.words.enumerated() where Int(word) >= starts.count {
        // A word without tokens (of control characters, say) borrows the one before, so that none behind it is lost.
        while starts.count < Int(word) { starts.append(token - 1) }
        starts.append(token)
      }
    }
    self.init(ids: encoding.ids, types: encoding.types, wordStarts: starts, target: example.target)
  }
}
