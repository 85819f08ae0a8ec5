internal import Results
internal import Statistics

extension Page {
  /// Floor, base, single and challengers for each task's first metric.
  package var comparisonTable: Table {
    let seeds = seedCount
    return Table(
      answered,
      [
        .text("task", "The task, and the budget where there are several.") {
          Page.name($0.task.name, in: $0.arm)
        },
        .text("metric", "The first metric.") { row in
          row.metricWords + (row.metric.higherIsBetter ? " ↑" : " ↓")
        },
        .integer("n", "Items of the test split.") { $0.testExamples },
        .text("base", "The base.") { NumberText.estimate($0.base) },
        .text("floor", "The best floor, and which it is.") { Page.floorAndName($0.floor) },
        .text("single", "The single.") { NumberText.estimate($0.single?.score, of: seeds) },
      ]
        + roles.flatMap { role -> [Field<ComparisonRow>] in
          [
            .text(role.words, "Its score and name.") { Page.scoreAndName($0[role], of: seeds) },
            .text("Δ", "Its gain over the single.") { Page.gainAndVerdict($0[role]) },
          ]
        })
  }

  private static func scoreAndName(_ contender: Contender?, of seeds: Int) -> String {
    guard let contender else { return NumberText.missing }
    return NumberText.estimate(contender.score, of: seeds) + " (\(contender.candidate.model))"
  }

  private static func floorAndName(_ floor: Contender?) -> String {
    guard let floor, let score = floor.score else { return NumberText.missing }
    let name = floor.candidate.model
    return NumberText.estimate(score) + " (\(name.hasPrefix("floor:") ? String(name.dropFirst(6)) : name))"
  }

  private static func gainAndVerdict(_ contender: Contender?) -> String {
    guard let contrast = contender?.contrast else {
      let why = contender?.absence ?? ""
      return NumberText.missing + (why.isEmpty ? "" : " (\(why))")
    }
    return NumberText.gain(contrast) + " (\(contrast.outcome?.rawValue ?? contrast.note))"
  }

  /// What the table is, in one sentence.
  package var comparisonSentences: [String] {
    if deciding.allSatisfy(\.contenders.isEmpty) { return ["There is nothing to compare with the singles."] }
    return [
      "Gains are over the single, each with its own 95 % interval; verdicts are those of contrasts.csv."
    ]
  }
}
