internal import Results
internal import Statistics

extension Page {
  /// Base, single and challengers for each task's first metric.
  package var comparisonTable: Table {
    let seeds = seedCount
    return Table(
      deciding,
      [
        .text("task", "The task.") { $0.task.name },
        .text("metric", "The first metric.") { row in
          row.metric.name + (row.metric.higherIsBetter ? " ↑" : " ↓")
        },
        .integer("n", "Items of the test split.") { $0.testExamples },
        .text("base", "The base.") { NumberText.fixed($0.base?.mean) },
        .text("single", "The single.") { NumberText.estimate($0.single?.score, of: seeds) },
      ]
        + ComparisonRow.Role.allCases.flatMap { role -> [Field<ComparisonRow>] in
          [
            .text(role.words, "Its score and name.") { Page.scoreAndName($0[role], of: seeds) },
            .text("Δ", "Its gain over the single.") { Page.gainAndVerdict($0[role], of: seeds) },
          ]
        })
  }

  private static func scoreAndName(_ contender: Contender?, of seeds: Int) -> String {
    guard let contender else { return NumberText.missing }
    return NumberText.estimate(contender.score, of: seeds) + " (\(contender.candidate.model))"
  }

  private static func gainAndVerdict(_ contender: Contender?, of seeds: Int) -> String {
    guard let test = contender?.test else { return NumberText.missing }
    return NumberText.estimate(test.difference, signed: true, of: seeds)
      + " (\(contender?.verdict?.rawValue ?? "not tested"))"
  }

  /// How often the best cocktail and the best merge beat the single, and the extremes.
  package var comparisonSentences: [String] {
    let outcomes = [ComparisonRow.Role.bestCocktail, .bestMerge].compactMap { outcome(of: $0) }
    let changes = deciding.flatMap { row in
      ComparisonRow.Role.allCases.compactMap { role in row[role].flatMap { Change(row: row, contender: $0) } }
    }
    let best = changes.filter { $0.share > 0 }.max { $0.share < $1.share }
    let worst = changes.filter { $0.share < 0 }.min { $0.share < $1.share }
    let extremes = [
      best.map { "Largest relative gain: \($0.words)." }, worst.map { "Largest relative loss: \($0.words)." },
    ]
    let sentences = outcomes + extremes.compactMap { $0 }
    return sentences.isEmpty ? ["There is nothing to compare with the singles."] : sentences
  }

  /// How often the role's models are better and worse than the single, and how often significantly so.
  private func outcome(of role: ComparisonRow.Role) -> String? {
    let contenders = deciding.compactMap { $0[role] }.filter { $0.test != nil }
    guard !contenders.isEmpty else { return nil }
    let gains = contenders.filter { ($0.test?.difference.mean ?? 0) > 0 }.count
    let losses = contenders.filter { ($0.test?.difference.mean ?? 0) < 0 }.count
    let start =
      "On \(gains) of \(NumberText.count(contenders.count, "task")) the \(role.words) scores better "
      + "than the single, "
      + "on \(losses) worse"
    guard contenders.contains(where: { $0.adjusted != nil }) else {
      return start + "; nothing could be tested."
    }
    let better = NumberText.count(contenders.filter { $0.verdict == .better }.count, "gain")
    let worse = NumberText.count(contenders.filter { $0.verdict == .worse }.count, "loss", "losses")
    return start + "; \(better) and \(worse) are significant after Holm's correction."
  }
}

/// A challenger's score beside the single's.
private struct Change {
  var row: ComparisonRow
  var contender: Contender
  var score: Double
  var single: Double
  /// The gain relative to the single's score, so that metrics of different sizes can be ordered.
  var share: Double

  /// Nil where one of the two has no score.
  init?(row: ComparisonRow, contender: Contender) {
    guard let test = contender.test, let score = contender.score?.mean, let single = row.single?.score?.mean
    else {
      return nil
    }
    self.row = row
    self.contender = contender
    self.score = score
    self.single = single
    share = abs(single) > 1e-12 ? test.difference.mean / abs(single) : 0
  }

  /// `macro_f1 0.812 against 0.762 of the single on fomc (cocktail:all)`.
  var words: String {
    "\(MarkdownFormat.escaped(row.metric.name)) \(NumberText.fixed(score)) against "
      + "\(NumberText.fixed(single)) "
      + "of the single on \(MarkdownFormat.escaped(row.task.name)) "
      + "(\(MarkdownFormat.escaped(contender.candidate.model)))"
  }
}
