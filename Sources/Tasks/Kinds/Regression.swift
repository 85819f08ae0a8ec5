internal import Basics
public import Specs

extension TaskKind {
  /// A number for a text.
  public static let regression = TaskKind("regression")
}

extension TaskKindRow {
  /// A number for a text.
  static let regression = TaskKindRow(
    KindOutline(
      .regression, "a number for a text", usualMetrics: ["pearson", "spearman", "mse"],
      usualTarget: "score", takesAnchors: true, targetWord: "number", chance: .ofCorrelation,
      problem: { task in
        guard task.head == .labels, task.labels.count < 2 else { return nil }
        return Diagnostic(
          "the regression task '\(task.name)' has a label head and no anchors",
          hint: "add two or more anchors: {low: {description: \"...\", value: -1}, ...}, or head: linear")
      },
      sameness: { _, facts in
        guard let numbers = facts.numbers, numbers.deviation == 0, facts.rows > 1 else { return nil }
        return Diagnostic(
          "all \(facts.rows) rows ask for \(shortNumber(numbers.mean))",
          hint: "there is nothing to tell apart: add others")
      }),
    form: .number, readout: { head in head == .linear ? "number" : "anchors" },
    reading: RowReading(
      example: { row, reader throws(Diagnostic) in
        try reader.example(row) { field, place throws(Diagnostic) in
          .number(try number(field, column: reader.task.target, at: place))
        }
      }),
    count: { targets, task, facts in
      let numbers = targets.map(\.target).numbers
      guard !numbers.isEmpty else { return }
      var found = NumberFacts(numbers)
      let anchors = task.head == .labels ? task.labels.compactMap(\.value) : []
      if let low = anchors.min(), let high = anchors.max() {
        for (number, line) in zip(numbers, targets.map(\.line)) where number < low || number > high {
          found.outside.add(line: line)
        }
      }
      facts.numbers = found
    },
    write: { target, _ in "\(target.number)" },
    read: { text, _ in Double(text).map { .number($0) } },
    isRight: { _, _ in nil })

  private static func number(_ field: JSON, column: String, at place: Place) throws(Diagnostic) -> Double {
    switch field {
    case .text(let digits), .number(let digits):
      let trimmed = digits.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
      guard let number = Double(decimal: String(trimmed)) else { break }
      // Losses are squares of 32 bits.
      guard (Float(number) * Float(number)).isFinite else {
        throw Diagnostic(
          "column '\(column)' holds '\(digits)', whose square is too large for a number of 32 bits",
          at: place,
          hint: "scale the numbers: subtract their mean and divide by their deviation, in all splits alike")
      }
      return number
    case .flag, .null, .list, .object: break
    }
    let written = field.scalar.map { " '\($0)'" } ?? ""
    throw Diagnostic(
      "column '\(column)' holds no number\(written)", at: place,
      hint: "write it in plain decimal, as 0.25, -3 or 1e-3")
  }
}
