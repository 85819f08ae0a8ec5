/// What was counted in one split of a task, as models see it: after limits, and without what was held out.
public struct SplitFacts: Sendable, Hashable, Codable {
  /// Which split.
  public var split: Split
  /// Rows.
  public var rows: Int
  /// Rows before the limit.
  public var available: Int
  /// Whether it was drawn from the training data because there is no file for it.
  public var isHeldOut: Bool
  /// How often each label of the task stands there, in the order of the task: rows, for tagging words; empty for regression.
  public var labels: [Int]
  /// The numbers of a regression; nil for other kinds.
  public var numbers: NumberFacts?
  /// Rows that repeat the text of an earlier row with the same target.
  public var duplicates: RowFinding
  /// Rows whose text stands in the split with another target too.
  public var conflicts: RowFinding
  /// What it shares with each of the other splits, in the order of `Split`.
  public var overlaps: [OverlapFacts]
  /// Entities that begin with `I-`, for tagging, in words.
  public var strayTags: RowFinding
  /// Entities that begin with `B-`.
  public var entities: Int
  /// Nil where no text could be counted.
  public var lengths: LengthFacts?
  /// The groups that metrics are computed within; nil where there are none.
  public var groups: GroupFacts?

  /// Makes facts of so many rows about which nothing else is known yet.
  public init(_ split: Split, rows: Int, available: Int, isHeldOut: Bool = false) {
    self.split = split
    self.rows = rows
    self.available = available
    self.isHeldOut = isHeldOut
    labels = []
    duplicates = RowFinding()
    conflicts = RowFinding()
    overlaps = []
    strayTags = RowFinding()
    entities = 0
  }
}

/// Rows, or other things, that a check noticed, with an example.
public struct RowFinding: Sendable, Hashable, Codable {
  /// How many.
  public var count = 0
  /// The line of the first one.
  public var line: Int?
  /// The line that it is held against.
  public var otherLine: Int?

  /// Nothing noticed yet.
  public init() {}

  /// Counts one more; the first one is the example.
  public mutating func add(line: Int, otherLine: Int? = nil) {
    count += 1
    if count == 1 { (self.line, self.otherLine) = (line, otherLine) }
  }
}

/// What a split shares with another one; texts are the same where they differ in case, punctuation and white space only.
public struct OverlapFacts: Sendable, Hashable, Codable {
  /// The other split.
  public var other: Split
  /// Rows of this split whose text stands in the other one.
  public var rows = RowFinding()
  /// Those of them whose text stands there letter by letter.
  public var exact = 0
  /// Those of them whose text stands there with another target.
  public var conflicts = RowFinding()

  /// Nothing shared yet.
  public init(_ other: Split) {
    self.other = other
  }
}

/// The groups of rows that metrics are computed within.
public struct GroupFacts: Sendable, Hashable, Codable {
  /// How many.
  public var count: Int
  /// The first of those with the fewest rows, and its rows.
  public var smallest: String
  /// Rows of that one.
  public var fewest: Int
  /// Rows of the largest one.
  public var most: Int
  /// By metric the first group whose targets make it a convention, whatever is predicted: a correlation with one number.
  public var unmeasured: [String: String]

  /// Makes facts.
  public init(count: Int, smallest: String, fewest: Int, most: Int, unmeasured: [String: String]) {
    self.count = count
    self.smallest = smallest
    self.fewest = fewest
    self.most = most
    self.unmeasured = unmeasured
  }
}

/// The numbers that a regression asks for.
public struct NumberFacts: Sendable, Hashable, Codable {
  /// The smallest.
  public var low: Double
  /// The largest.
  public var high: Double
  /// Their mean.
  public var mean: Double
  /// Their standard deviation, by n.
  public var deviation: Double
  /// Those below the lowest or above the highest anchor of a label head, which cannot say them.
  public var outside = RowFinding()

  /// Counts numbers; there must be some.
  public init(_ numbers: [Double]) {
    let mean = numbers.reduce(0, +) / Double(numbers.count)
    self.mean = mean
    low = numbers.min() ?? mean
    high = numbers.max() ?? mean
    deviation = (numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)).squareRoot()
  }
}

/// How long texts are, special tokens counted, and what the longest length cuts away.
public struct LengthFacts: Sendable, Hashable, Codable {
  /// The longest length: that of the manifest, or the positions of the base where they are fewer.
  public var most: Int
  /// Tokens of the median row.
  public var median: Int
  /// Tokens of the longest row.
  public var longest: Int
  /// All tokens.
  public var tokens: Int
  /// Rows that are cut.
  public var cutRows = RowFinding()
  /// Tokens that are cut away.
  public var cutTokens = 0
  /// Words that no token is left of, for tagging.
  public var cutWords = 0
  /// Words that the tokeniser makes no token of however long the text may be, for tagging; in words.
  public var emptyWords = RowFinding()
  /// Words, for tagging.
  public var words = 0

  /// Makes facts about rows by their lengths in tokens.
  public init(_ lengths: [Int], most: Int) {
    let sorted = lengths.sorted()
    self.most = most
    median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    longest = sorted.last ?? 0
    tokens = sorted.reduce(0, +)
  }
}
