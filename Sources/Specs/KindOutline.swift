public import Basics

/// What manifests, plans and tables have to know of a kind of task: neither data nor weights.
///
/// The part of its row that is said of a task before anything of it is read; the rows stand in the module that reads data.
public struct KindOutline: Sendable {
  /// The word in a manifest.
  public var kind: TaskKind
  /// One line on what such a task asks for.
  public var summary: String
  /// The metrics where a task names none: those that there are, in this order.
  public var usualMetrics: [String]
  /// The template of the input where a task gives none.
  public var usualText: String
  /// The column of what is asked for where a task names none.
  public var usualTarget: String
  /// The head where nothing is said.
  public var usualHead: HeadKind
  /// Whether a text may have a second one beside it.
  public var takesPairs: Bool
  /// The labels among which an answer is chosen; nil where answers are none.
  public var labels: LabelWords?
  /// Whether numbers may be described for a label head.
  public var takesAnchors: Bool
  /// Whether each word of a text is answered, not the text as a whole; counts of labels are of words then.
  public var answersWords: Bool
  /// What is asked for of a text: `label`.
  public var targetWord: String
  /// The heads that a task of the kind may have.
  public var heads: [HeadKind]
  /// How far chance moves a score.
  public var chance: ScoreChance
  /// What a task lacks, with the way out; nil where it lacks nothing.
  public var problem: @Sendable (TaskSpec) -> Diagnostic?
  /// What all rows of a split have in common, so that there is nothing to be learnt, with the way out; nil where they differ.
  public var sameness: @Sendable (TaskSpec, SplitFacts) -> Diagnostic?

  /// The key under which a task lists what its answers are made of; nil where there is nothing to list.
  public var answersKey: String? { labels != nil ? "labels" : takesAnchors ? "anchors" : nil }

  /// Says what is to be known of a kind.
  public init(
    _ kind: TaskKind, _ summary: String, usualMetrics: [String], usualText: String = "{text}",
    usualTarget: String, usualHead: HeadKind = TaskSpec.usualHead, takesPairs: Bool = true,
    labels: LabelWords? = nil, takesAnchors: Bool = false,
    answersWords: Bool = false, targetWord: String, heads: [HeadKind] = [.labels, .linear],
    chance: ScoreChance = .ofShare,
    problem: @escaping @Sendable (TaskSpec) -> Diagnostic? = { _ in nil },
    sameness: @escaping @Sendable (TaskSpec, SplitFacts) -> Diagnostic?
  ) {
    self.kind = kind
    self.summary = summary
    self.usualMetrics = usualMetrics
    self.usualText = usualText
    self.usualTarget = usualTarget
    self.usualHead = usualHead
    self.takesPairs = takesPairs
    self.labels = labels
    self.takesAnchors = takesAnchors
    self.answersWords = answersWords
    self.targetWord = targetWord
    self.heads = heads
    self.chance = chance
    self.problem = { task in
      if heads.contains(task.head) { return problem(task) }
      return Diagnostic(
        "the \(kind) task '\(task.name)' cannot have head: \(task.head.rawValue)",
        hint: "it has \(heads.map(\.rawValue).joined(separator: " or "))")
    }
    self.sameness = sameness
  }
}

/// What is said of the labels of a kind of task.
public struct LabelWords: Sendable {
  /// What one is called: `label`.
  public var word: String
  /// How some are listed, for a task that has none.
  public var example: String
  /// What every one looks like; nil where any word will do.
  public var form: LabelForm?
  /// The one that says nothing in particular, before all others where labels are listed.
  public var outside: String?
  /// Whether it is nothing odd that no row of train has the label.
  public var mayLack: @Sendable (String) -> Bool
  /// What to do where a column, which is given, holds numbers in their place; nil where numbers are names as others are.
  public var forNumbers: (@Sendable (String) -> String)?

  /// Says what is to be known of the labels of a kind.
  public init(
    _ word: String, example: String, form: LabelForm? = nil, outside: String? = nil,
    mayLack: @escaping @Sendable (String) -> Bool = { _ in false },
    forNumbers: (@Sendable (String) -> String)? = nil
  ) {
    self.word = word
    self.example = example
    self.form = form
    self.outside = outside
    self.mayLack = mayLack
    self.forNumbers = forNumbers
  }
}

/// What labels have to look like.
public struct LabelForm: Sendable {
  /// The same as a regular expression, for schemas.
  public var pattern: String
  /// What is wrong with a label, with the way out; nil where it is sound.
  public var problem: @Sendable (String) -> Diagnostic?

  /// Joins the two.
  public init(pattern: String, problem: @escaping @Sendable (String) -> Diagnostic?) {
    self.pattern = pattern
    self.problem = problem
  }
}

/// The standard error of a score by the number of rows behind it.
public struct ScoreChance: Sendable {
  /// What the score is: `a share of right rows`.
  public var what: String
  /// The largest standard error among so many rows.
  public var error: @Sendable (Double) -> Double

  /// A share: √(p·(1 − p) ÷ n) at p = ½.
  public static let ofShare = ScoreChance(what: "a share of right rows") { 0.5 / $0.squareRoot() }

  /// A correlation where there is none: 1 ÷ √(n − 1).
  public static let ofCorrelation = ScoreChance(what: "a correlation") { 1 / max(1, $0 - 1).squareRoot() }
}

/// What plans have to know of how a task's predictions are made.
public struct ReadoutOutline: Sendable, Hashable {
  /// What a head gives for a text instead of a distribution over answers: `one number`; nil where it gives one.
  public var insteadOfDistribution: String?
  /// Backward passes for the Fisher information of a text over the model's own answers.
  public var ownAnswers: Int

  /// Makes an outline.
  public init(insteadOfDistribution: String? = nil, ownAnswers: Int) {
    self.insteadOfDistribution = insteadOfDistribution
    self.ownAnswers = ownAnswers
  }

  /// Backward passes for the Fisher information of a text.
  public func passes(_ labels: FisherLabels) -> Int {
    switch labels {
    case .data: 1
    case .model: ownAnswers
    }
  }
}
