/// A text as token ids.
public struct Encoding: Sendable, Hashable {
  /// The tokens, special ones included.
  public var ids: [Int32]
  /// For each token 0 for the first sentence or 1 for the second.
  public var types: [Int32]
  /// For each token the index of its word: the given word where the text came in words, else the
  /// pre-token (counted from 0 in each sentence); -1 for the special tokens of the template.
  public var words: [Int32]

  /// Makes an encoding; the three lists have one length.
  public init(ids: [Int32] = [], types: [Int32] = [], words: [Int32] = []) {
    precondition(
      ids.count == types.count && ids.count == words.count,
      "\(ids.count) ids, \(types.count) types, \(words.count) words")
    self.ids = ids
    self.types = types
    self.words = words
  }
}
