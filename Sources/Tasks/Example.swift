/// What a task wants for one example, or what a model said.
public enum Target: Sendable, Hashable {
  /// The index of a class in the task's label list.
  case label(Int)
  /// A number.
  case number(Double)
  /// One index into the task's tag list for each word.
  case tags([Int])
}

/// One row of a task after its template was filled.
public struct Example: Sendable, Hashable {
  /// The text; for tagging the words joined by spaces.
  public var text: String
  /// The second sentence of a pair.
  public var pair: String?
  /// The words to be tagged; empty for the other kinds.
  public var words: [String]
  /// What is asked for.
  public var target: Target

  /// Makes an example.
  public init(text: String, pair: String? = nil, words: [String] = [], target: Target) {
    self.text = text
    self.pair = pair
    self.words = words
    self.target = target
  }
}
