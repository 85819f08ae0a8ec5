public import Models

/// The answers of an example as tokens that a model foretells.
public struct AnswerRow: Sendable {
  /// The places in the row whose states foretell a token, ascending.
  public var places: [Int]
  /// Parts of the row that go on from what stands before the first of them: answers that differ in more than their last token.
  public var forks: [Range<Int>]
  /// The tokens of each answer; a place is an index into `places`.
  ///
  /// One of an example that is learnt: the right one, with the token that ends it. One for each label of an example that is
  /// answered.
  public var tokens: [[AnswerHead.Token]]
  /// Whether the one answer is what is to be said.
  public var isLearnt: Bool

  /// Tokens of all answers.
  public var count: Int { tokens.reduce(0) { $0 + $1.count } }
}
