/// What the items of an evaluation say by one metric, which is what a comparison needs beyond its value.
public struct ItemScores: Sendable, Hashable {
  /// One for each item, in the order of the split: their mean is the metric, their variance its item noise.
  public var pseudoScores: [Double]
  /// A number for each item that two models share where they answer alike.
  public var answers: [Double]
  /// Whether the metric is a convention and no measurement: a correlation with something constant.
  public var isConstant: Bool
  /// Whether nearly all answers are one label where the targets are several: a training that collapsed.
  public var isOneAnswer: Bool
  /// What always giving the most frequent target, or the mean one, scores; nil for tags.
  public var floor: Double?

  /// Makes the scores of an evaluation.
  public init(
    pseudoScores: [Double], answers: [Double], isConstant: Bool = false, isOneAnswer: Bool = false,
    floor: Double? = nil
  ) {
    self.pseudoScores = pseudoScores
    self.answers = answers
    self.isConstant = isConstant
    self.isOneAnswer = isOneAnswer
    self.floor = floor
  }
}

/// How often each label was answered where each was wanted; of tags by word.
public struct LabelCounts: Sendable, Hashable {
  /// Names.
  public var labels: [String]
  /// By target, then by answer.
  public var counts: [[Int]]

  /// Makes counts.
  public init(labels: [String], counts: [[Int]]) {
    self.labels = labels
    self.counts = counts
  }
}

/// Where the register of comparisons finds what models said, item by item.
public protocol ItemScoreSource: Sendable {
  /// The items behind a score; nil where its predictions are not there, or the metric cannot be
  /// taken apart.
  ///
  /// - Throws: a `Diagnostic` for predictions that are not what an evaluation wrote.
  func items(_ row: ScoreRow) throws -> ItemScores?

  /// What was answered for what in the evaluation of a score; nil for numbers, and where its predictions are not there.
  ///
  /// - Throws: a `Diagnostic` for predictions that are not what an evaluation wrote.
  func labels(_ row: ScoreRow) throws -> LabelCounts?
}
