public import Specs

/// What stands in the splits of a task, counted before anything is trained.
public struct TaskSurvey: Sendable {
  /// A split with its examples, for what needs a tokeniser.
  public struct Part: Sendable {
    /// Without lengths.
    public var facts: SplitFacts
    /// The examples in the order of the file.
    public var examples: [Example]
    /// The line of the file on which each begins.
    public var lines: [Int]
  }

  /// In the order of `Split`; those that do not exist or cannot be read are left out.
  public var parts: [Part]
  /// Whether every split that exists could be read: otherwise another look may find more.
  public private(set) var isComplete = true

  /// Reads the splits of a task and holds them against each other.
  ///
  /// - Parameter locate: The path of the file with a SHA-256.
  public init(_ task: TaskSpec, locate: (String) -> String?) {
    var texts: [SplitTexts] = []
    parts = []
    for split in Split.allCases where task.has(split) {
      var read = task
      // Training data need not have the column that scores are grouped by.
      if split == .train { read.by = nil }
      // What is wrong with a file is told by the check that comes before a run.
      guard let rows = try? TaskLoader.rows(read, split: split, locate: locate), !rows.examples.isEmpty else {
        isComplete = false
        continue
      }
      let own = SplitTexts(split, rows)
      parts.append(
        Part(facts: TaskSurvey.facts(task, own, rows), examples: rows.examples, lines: rows.lines))
      texts.append(own)
    }
    for (place, own) in texts.enumerated() {
      parts[place].facts.overlaps = texts.filter { $0.split != own.split }.map(own.overlap)
    }
  }

  private static func facts(_ task: TaskSpec, _ texts: SplitTexts, _ rows: SplitRows) -> SplitFacts {
    var facts = SplitFacts(
      texts.split, rows: rows.examples.count, available: rows.available,
      isHeldOut: task.holdsBack(texts.split))
    (facts.duplicates, facts.conflicts) = texts.repeats()
    facts.groups = RowGroups(rows.examples.map(\.group)).map {
      $0.facts(rows.examples.map(\.target), task)
    }
    task.row.count(zip(rows.examples, rows.lines).map { ($0.target, $1) }, task, &facts)
    return facts
  }
}

/// The texts of a split as hashes, with where each stands first.
private struct SplitTexts {
  struct First {
    var line: Int
    var target: Target
    /// The first line with another target than the first one.
    var otherLine: Int?
  }

  let split: Split
  private let rows: [(text: FoldedText, target: Target, line: Int)]
  private var firsts: [UInt64: First] = [:]
  private var exact: Set<UInt64> = []

  private struct Pair: Hashable {
    var text: UInt64
    var target: Target
  }

  init(_ split: Split, _ rows: SplitRows) {
    self.split = split
    self.rows = zip(rows.examples, rows.lines).map { (FoldedText($0), $0.target, $1) }
    firsts.reserveCapacity(self.rows.count)
    for row in self.rows {
      exact.insert(row.text.exact)
      guard let first = firsts[row.text.folded] else {
        firsts[row.text.folded] = First(line: row.line, target: row.target)
        continue
      }
      if first.otherLine == nil, first.target != row.target { firsts[row.text.folded]?.otherLine = row.line }
    }
  }

  /// Rows that say again what stood before, and rows whose text has several targets.
  func repeats() -> (duplicates: RowFinding, conflicts: RowFinding) {
    var duplicates = RowFinding()
    var conflicts = RowFinding()
    var seen: [Pair: Int] = [:]
    for row in rows {
      let pair = Pair(text: row.text.folded, target: row.target)
      if let line = seen[pair] {
        duplicates.add(line: row.line, otherLine: line)
      } else {
        seen[pair] = row.line
      }
      if let first = firsts[row.text.folded], let other = first.otherLine {
        conflicts.add(line: row.line, otherLine: row.target == first.target ? other : first.line)
      }
    }
    return (duplicates, conflicts)
  }

  func overlap(with other: SplitTexts) -> OverlapFacts {
    var facts = OverlapFacts(other.split)
    for row in rows {
      guard let first = other.firsts[row.text.folded] else { continue }
      facts.rows.add(line: row.line, otherLine: first.line)
      if other.exact.contains(row.text.exact) { facts.exact += 1 }
      guard first.target != row.target || first.otherLine != nil else { continue }
      let line = first.target != row.target ? first.line : first.otherLine
      facts.conflicts.add(line: row.line, otherLine: line)
    }
    return facts
  }
}
