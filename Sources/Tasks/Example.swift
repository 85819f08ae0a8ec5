internal import Basics

/// What a task wants for one example, or what a model said.
public enum Target: Sendable, Hashable {
  /// The index of a class in the task's label list.
  case label(Int)
  /// A number.
  case number(Double)
  /// One index into the task's tag list for each word.
  case tags([Int])
  /// Indices into the task's label list, ascending: those that hold.
  case labels([Int])

  /// What a target is, by which metrics know whether they measure it.
  ///
  /// Files write the raw value.
  public enum Form: String, Sendable, Hashable {
    /// One label.
    case label = "labels"
    /// A number.
    case number = "numbers"
    /// A tag for each word.
    case tags
    /// Some labels, or none.
    case labels = "sets"

    /// Whether a target holds indices in any number.
    public var isList: Bool { self == .tags || self == .labels }

    /// Whether it holds one for each word.
    public var isOfWords: Bool { self == .tags }
  }

  /// The target of a form that these indices make: one of a label, any of a list.
  public init(_ form: Form, indices: [Int]) {
    switch form {
    case .label: self = .label(indices[0])
    case .tags: self = .tags(indices)
    case .labels: self = .labels(indices)
    case .number: preconditionFailure("no indices make a number")
    }
  }

  /// What it holds of the task's label list; empty for a number.
  public var indices: [Int] {
    switch self {
    case .label(let label): [label]
    case .tags(let labels), .labels(let labels): labels
    case .number: []
    }
  }

  /// What it is.
  public var form: Form {
    switch self {
    case .label: .label
    case .number: .number
    case .tags: .tags
    case .labels: .labels
    }
  }

  /// The label; traps on anything else.
  public var label: Int {
    guard case .label(let label) = self else { preconditionFailure("\(self) is no label") }
    return label
  }

  /// The labels that hold: one, or several in ascending order, or none; traps on anything else.
  public var labelSet: [Int] {
    guard form == .label || form == .labels else { preconditionFailure("\(self) is no set of labels") }
    return indices
  }

  /// The number; traps on anything else.
  public var number: Double {
    guard case .number(let number) = self else { preconditionFailure("\(self) is no number") }
    return number
  }

  /// The tag of each word; traps on anything else.
  public var tags: [Int] {
    guard case .tags(let tags) = self else { preconditionFailure("\(self) is no list of tags") }
    return tags
  }

  /// The class that choices of rows keep the balance of; what is no label is one class.
  var balancedClass: Int { if case .label(let label) = self { label } else { 0 } }

  /// Whether it is a number that is none, or infinite.
  var isUnsound: Bool { if case .number(let number) = self { !number.isFinite } else { false } }
}

/// What a model said of an example.
public struct Prediction: Sendable, Hashable {
  /// What it takes to be right.
  public var target: Target
  /// The probability of each label, for tagging of each label of each word, end to end, 0 for all labels of a word that it
  /// did not see; empty where it says a number alone.
  public var probabilities: [Float]

  /// Whether it comes from numbers that are none: then its label is the first one, whatever the text says.
  public var isUnsound: Bool { target.isUnsound || probabilities.contains { !$0.isFinite } }

  /// Makes a prediction.
  public init(_ target: Target, probabilities: [Float] = []) {
    self.target = target
    self.probabilities = probabilities
  }
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
  /// The group of rows that it is scored in; nil where metrics are computed over all rows.
  public var group: String?

  /// Makes an example.
  public init(
    text: String, pair: String? = nil, words: [String] = [], target: Target, group: String? = nil
  ) {
    self.text = text
    self.pair = pair
    self.words = words
    self.target = target
    self.group = group
  }
}

extension Example {
  /// The first eight bytes of the SHA-256 of the text, a pair's second sentence behind a line feed: the same text has the same
  /// number in whatever file, split or limit.
  public var textHash: UInt64 { StableHash.word(pair.map { text + "\n" + $0 } ?? text) }
}
