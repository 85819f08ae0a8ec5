/// The tokens of a text, without special tokens around it, and what of the text each covers.
public struct TextTokens: Sendable, Hashable {
  /// The tokens.
  public var ids: [Int32]
  /// For each token the UTF-8 bytes of the text that it covers.
  ///
  /// They are whole characters: the tokens of one character share its bytes. Empty for a token that stands for nothing
  /// of the text.
  public var ranges: [Range<Int>]

  /// Makes tokens; the two lists have one length.
  public init(ids: [Int32] = [], ranges: [Range<Int>] = []) {
    precondition(ids.count == ranges.count, "\(ids.count) ids, \(ranges.count) ranges")
    self.ids = ids
    self.ranges = ranges
  }
}
