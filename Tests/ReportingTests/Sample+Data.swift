import Results
import Specs

extension Sample {
  /// A split of each task, one with everything that can be odd, one clean, one without lengths.
  static let data: [DataRow] = {
    var train = facts(.train, rows: 3100, available: 3265, labels: [1900, 1100, 100])
    train.lengths = LengthFacts([12, 31, 150], most: 64)
    train.lengths?.cutRows = finding(67, line: 30)
    train.lengths?.cutTokens = 86
    train.duplicates = finding(40, line: 1854, otherLine: 1784)
    var test = facts(.test, rows: 970, available: 970, labels: [600, 369, 1])
    var shared = OverlapFacts(.train)
    shared.rows = finding(12, line: 5, otherLine: 17)
    shared.exact = 9
    shared.conflicts = finding(2, line: 5, otherLine: 17)
    test.overlaps = [shared]
    let clean = facts(.validation, rows: 310, available: 310, labels: [200, 100, 10], isHeldOut: true)
    var numbers = facts(.train, rows: 800, available: 800, labels: [])
    numbers.numbers = NumberFacts([-1, 0.5, 2.25])
    numbers.numbers?.outside = finding(7, line: 2)
    let names = ["neutral", "positive", "=negative"]
    return [
      row("fpb", TaskKind("classification"), names, train, [("cut", "67 of 3100 rows are cut to 64 tokens")]),
      row("fpb", TaskKind("classification"), names, clean, []),
      row(
        "fpb", TaskKind("classification"), names, test,
        [("in train", "12 of 970 rows stand in train too"), ("odd", "a | and a, comma")]),
      row("fiqa", TaskKind("regression"), [], numbers, [("outside", "7 of 800 rows ask for more")]),
    ]
  }()

  private static func row(
    _ task: String, _ kind: TaskKind, _ labels: [String], _ facts: SplitFacts, _ warnings: [(String, String)]
  ) -> DataRow {
    DataRow(
      task: task, kind: kind, labels: labels, isGenerated: false, facts: facts,
      warnings: warnings.map { DataWarning($0.0, $0.1, hint: "mend it", count: 1) })
  }

  private static func facts(
    _ split: Split, rows: Int, available: Int, labels: [Int], isHeldOut: Bool = false
  ) -> SplitFacts {
    var facts = SplitFacts(split, rows: rows, available: available, isHeldOut: isHeldOut)
    facts.labels = labels
    return facts
  }

  private static func finding(_ count: Int, line: Int, otherLine: Int? = nil) -> RowFinding {
    var finding = RowFinding()
    for _ in 0..<count { finding.add(line: line, otherLine: otherLine) }
    return finding
  }
}
