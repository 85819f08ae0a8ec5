package import Results
package import Specs

extension ReportTable {
  /// What stands in the data, by task and split.
  static let data = ReportTable(name: "data", question: "What stands in the data, and what is odd about it?")
  {
    evidence in
    Table(evidence.results.data.map(DataLine.init), dataFields)
  }

  private static let dataFields: [Field<DataLine>] =
    [
      .text("task", "The task.") { $0.row.task },
      .text("split", "The split: train, validation or test.") { $0.facts.split.rawValue },
      .text("kind", "What the task asks for.") { $0.row.kind.rawValue },
      .integer("rows", "Rows that models see: after the limit, and without what was held out.") {
        $0.facts.rows
      },
      .integer("available", unit: "rows", "Rows before the limit.") { $0.facts.available },
      .flag("held_out", "Whether the rows were drawn from the training data for want of a file.") {
        $0.facts.isHeldOut
      },
      .text("labels", "Labels with rows (tagging: words) of each, in the manifest's order, as bad:12;good:7.")
      {
        $0.labels
      },
      .number("target_low", "Regression: the smallest number asked for.") { $0.facts.numbers?.low },
      .number("target_high", "Regression: the largest.") { $0.facts.numbers?.high },
      .number("target_mean", "Regression: their mean.") { $0.facts.numbers?.mean },
      .number("target_deviation", "Regression: their standard deviation, by n.") {
        $0.facts.numbers?.deviation
      },
      .integer(
        "targets_outside", unit: "rows", "Regression with anchors: numbers beyond the outermost anchors."
      ) {
        $0.facts.numbers?.outside.count
      },
      .integer(
        "median_tokens",
        "Length of the median row, special tokens counted; in words and signs for a pretrained base."
      ) { $0.facts.lengths?.median },
      .integer("longest_tokens", "Length of the longest row.") { $0.facts.lengths?.longest },
      .integer(
        "max_tokens",
        "What longer rows are cut to: the shortest training.max_tokens, or the positions of the base."
      ) { $0.facts.lengths?.most },
      .integer("cut_rows", "Rows that are cut.") { $0.facts.lengths?.cutRows.count },
      .number("cut_rows_share", "The part of the rows that is cut, 0 to 1.") { line in
        line.facts.lengths.map { share($0.cutRows.count, line.facts.rows) }
      },
      .number("cut_tokens_share", "The part of the tokens that no model reads, 0 to 1.") { line in
        line.facts.lengths.map { share($0.cutTokens, $0.tokens) }
      },
      .integer("cut_words", "Tagging: words that no model reads, which count as O.") { line in
        line.row.answersWords ? line.facts.lengths?.cutWords : nil
      },
      .integer(
        "empty_words", unit: "words", "Tagging: words that the tokeniser makes no token of, which count as O."
      ) { line in
        line.row.answersWords ? line.facts.lengths?.emptyWords.count : nil
      },
      .integer(
        "duplicates", unit: "rows", "Rows whose text, case and punctuation aside, and target stood before."
      ) {
        $0.facts.duplicates.count
      },
      .integer("conflicts", unit: "rows", "Rows whose text stands in the split with another target too.") {
        $0.facts.conflicts.count
      },
    ]
    + Split.allCases.flatMap { other -> [Field<DataLine>] in
      let name = other.rawValue
      return [
        .integer(
          "in_\(name)", unit: "rows", "Rows whose text, case and punctuation aside, stands in \(name) too."
        ) { $0.overlap(other)?.rows.count },
        .integer("exactly_in_\(name)", unit: "rows", "Those whose text stands there letter by letter.") {
          $0.overlap(other)?.exact
        },
        .integer("conflicts_in_\(name)", unit: "rows", "Those whose text stands there with another target.") {
          $0.overlap(other)?.conflicts.count
        },
      ]
    }
    + [
      .integer("stray_tags", unit: "words", "Tagging: entities that begin with I- and count for nothing.") {
        line in
        line.row.answersWords ? line.facts.strayTags.count : nil
      },
      .text("warnings", "What is odd, in words; empty for clean data.") { line in
        line.row.warnings.map(\.what).joined(separator: "; ")
      },
    ]

  private static func share(_ part: Int, _ whole: Int) -> Double {
    whole > 0 ? Double(part) / Double(whole) : 0
  }
}

/// A row of `data.csv`.
package struct DataLine {
  package var row: DataRow

  package var facts: SplitFacts { row.facts }

  /// `bad:12;good:7`.
  package var labels: String {
    zip(row.labels, facts.labels).map { "\($0):\($1)" }.joined(separator: ";")
  }

  package func overlap(_ other: Split) -> OverlapFacts? { facts.overlaps.first { $0.other == other } }
}
