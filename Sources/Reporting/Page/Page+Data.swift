internal import Results
internal import Specs

extension Page {
  /// Size, balance and overlap of each split.
  package var dataTable: Table {
    Table(
      evidence.results.data,
      [
        .text("task", "The task.") { $0.task },
        .text("split", "The split.") {
          $0.facts.split.rawValue + ($0.facts.isHeldOut ? " (from train)" : "")
        },
        .text("n", "Rows, and of how many.") { row in
          let (rows, all) = (row.facts.rows, row.facts.available)
          return rows < all ? "\(rows) of \(all)" : "\(rows)"
        },
        .text("labels", "The labels with their shares, or the numbers.") { Page.targets($0) },
        .text("tokens", "Of the median and the longest row.") { row in
          row.facts.lengths.map { "\($0.median) (longest \($0.longest))" } ?? NumberText.missing
        },
        .text("cut", "Rows that are cut.") { row in
          row.facts.lengths.map { Page.percent($0.cutRows.count, row.facts.rows) } ?? NumberText.missing
        },
        .text("also in train", "Rows whose text stands in train.") { row in
          row.facts.split == .train
            ? "–"
            : row.facts.overlaps.first { $0.other == .train }.map { "\($0.rows.count)" } ?? NumberText.missing
        },
        .integer("repeated", "Duplicates.") { $0.facts.duplicates.count },
        .integer("contradicting", "Conflicts.") { $0.facts.conflicts.count },
      ])
  }

  /// The three most frequent labels with their shares, or where the numbers lie.
  private static func targets(_ row: DataRow) -> String {
    if let numbers = row.facts.numbers {
      return
        "\(NumberText.fixed(numbers.low)) to \(NumberText.fixed(numbers.high)), mean \(NumberText.fixed(numbers.mean))"
    }
    let total = row.answersWords ? row.facts.labels.reduce(0, +) : row.facts.rows
    let counts = zip(row.labels, row.facts.labels).enumerated().sorted { left, right in
      left.element.1 == right.element.1 ? left.offset < right.offset : left.element.1 > right.element.1
    }.map(\.element)
    let shown = counts.prefix(3).map { "\($0.0) \(percent($0.1, total))" }.joined(separator: ", ")
    return "\(row.labels.count): \(shown)" + (counts.count > 3 ? " …" : "")
  }

  private static func percent(_ part: Int, _ whole: Int) -> String {
    part == 0 ? "0 %" : NumberText.fixed(100 * Double(part) / Double(max(1, whole)), digits: 1) + " %"
  }

  /// What the table is, where it is not empty.
  package var dataSentences: [String] {
    let rows = evidence.results.data
    guard !rows.isEmpty else { return ["Nothing is known of the data."] }
    let odd = rows.filter { !$0.warnings.isEmpty }.count
    return [
      "Rows as models see them; texts are the same where they differ in case, punctuation and white space only.",
      odd == 0 ? "Nothing is odd about them." : "What is odd stands below the table.",
    ]
  }

  /// One line for each warning.
  package var dataWarnings: String {
    let lines = evidence.results.data.flatMap { row in
      row.warnings.map { warning in
        "- \(MarkdownFormat.escaped(row.task)), \(row.facts.split.rawValue): \(MarkdownFormat.escaped(warning.what)).\n"
      }
    }
    return lines.isEmpty ? "" : "\n" + lines.joined()
  }
}
