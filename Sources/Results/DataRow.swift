public import Specs

/// A split of a task with what is to be said about it.
public struct DataRow: Sendable, Hashable, Codable {
  /// As in `TaskColumn.name`.
  public var task: String
  /// What the task asks for.
  public var kind: TaskKind
  /// Its labels, in the order of `SplitFacts.labels`.
  public var labels: [String]
  /// Whether each word of a text is answered, not the text as a whole.
  public var answersWords: Bool
  /// Whether the texts are made by the generator.
  public var isGenerated: Bool
  /// What was counted.
  public var facts: SplitFacts
  /// What a user should know, worst first; empty for clean data.
  public var warnings: [DataWarning]

  /// Makes a row.
  public init(
    task: String, kind: TaskKind, labels: [String], answersWords: Bool = false, isGenerated: Bool,
    facts: SplitFacts,
    warnings: [DataWarning] = []
  ) {
    self.task = task
    self.kind = kind
    self.labels = labels
    self.answersWords = answersWords
    self.isGenerated = isGenerated
    self.facts = facts
    self.warnings = warnings
  }
}

/// Something in the data that makes results say less than they seem.
public struct DataWarning: Sendable, Hashable, Codable {
  /// What it is, with numbers and lines, without a full stop.
  public var what: String
  /// What to do.
  public var hint: String
  /// Names what is noticed, so that splits with the same finding are told in one line: `cut`, `test in train`.
  public var kind: String
  /// Rows, words or labels that it is about.
  public var count: Int
  /// The line of an example, where there is one.
  public var line: Int?
  /// Whether it makes scores wrong, so that nothing is to be run before it is mended.
  public var isError: Bool
  /// Whether scores are too good for it, so that it is told even where little is.
  public var flatters: Bool

  /// Makes a warning.
  public init(
    _ kind: String, _ what: String, hint: String, count: Int, line: Int? = nil, isError: Bool = false,
    flatters: Bool = false
  ) {
    self.kind = kind
    self.what = what
    self.hint = hint
    self.count = count
    self.line = line
    self.isError = isError
    self.flatters = flatters
  }
}
