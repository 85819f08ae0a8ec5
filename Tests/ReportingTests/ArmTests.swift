import Reporting
import Results
import Specs
import Testing

/// Budgets side by side: each has comparisons of its own, and what differs in its budget is told.
@Suite struct ArmTests {
  static let (short, long) = ("budget.steps=200", "budget.steps=600")

  /// The sample with its two grid points as two budgets, the second three times the first.
  private func results() -> ResultSet {
    var results = Sample.results
    func renamed(_ text: String) -> String {
      text.replacing("adapter.rank=4", with: Self.short).replacing("adapter.rank=8", with: Self.long)
    }
    for index in results.models.indices where results.models[index].seed != nil {
      results.models[index].model = renamed(results.models[index].model)
      results.models[index].settings = renamed(results.models[index].settings)
      results.models[index].arm = results.models[index].settings
      if results.models[index].arm == Self.long { results.models[index].steps *= 3 }
    }
    for index in results.scores.indices { results.scores[index].model = renamed(results.scores[index].model) }
    for index in results.merges.indices { results.merges[index].model = renamed(results.merges[index].model) }
    for index in results.mixtures.indices {
      results.mixtures[index].model = renamed(results.mixtures[index].model)
      if results.mixtures[index].model.contains(Self.long) { results.mixtures[index].drawn.examples *= 3 }
    }
    return results
  }

  @Test func `each budget has its own comparisons, and nothing is chosen across them`() throws {
    let evidence = try Sample.judged(results())
    #expect(evidence.arms.map(\.arm) == [Self.short, Self.long])
    let rows = evidence.comparisons
    #expect(rows.filter { $0.isPrimary }.map(\.arm) == [Self.short, Self.long].flatMap { [$0, $0, $0] })
    for row in rows {
      #expect(row.single?.candidate.arm == row.arm)
      #expect(row.contenders.values.allSatisfy { $0.candidate.arm == row.arm && $0.contrast?.arm == row.arm })
      // Two singles are no choice where they are of two budgets.
      #expect(
        row[.allTaskCocktail]?.contrast?.rivals == 1 && row[.allTaskCocktail]?.contrast?.candidates == 1)
    }
    let whole = try Sample.judged()
    #expect(whole.comparisons.count * 2 == rows.count && whole.arms.count == 1)
  }

  @Test func `a comparison says what both sides have alike, and one of equal exposure crosses budgets`()
    throws
  {
    let evidence = try Sample.judged(results())
    let asked = evidence.register.contrasts.filter { $0.question == "all_cocktail" && $0.task == "fomc" }
    #expect(
      asked.map { [$0.arm, $0.secondArm, $0.held] } == [
        [Self.short, "", "steps"], [Self.long, "", "steps"], [Self.long, Self.short, "exposure"],
      ])
    let crossed = try #require(asked.last)
    #expect(
      crossed.first.model == "cocktail:all[\(Self.long)]"
        && crossed.second.model == "single:fomc[\(Self.short)]")
    // A lookup by the arm means both sides.
    #expect(
      evidence.register.contrast("all_cocktail", arm: Self.long, task: "fomc", metric: "macro_f1")?.secondArm
        == "")
    let page = Page(evidence).text
    #expect(page.contains("(\(Self.long) against \(Self.short); equal exposure)"))
    #expect(page.contains("(\(Self.short); equal steps)"))
  }

  @Test func `what a budget without singles trains says why it is compared with none`() throws {
    var results = results()
    let gone = { (model: String) in model.hasPrefix("single:") && model.contains(Self.long) }
    results.models.removeAll { gone($0.model) }
    results.scores.removeAll { gone($0.model) }
    results.mixtures.removeAll { gone($0.model) }
    let evidence = try Sample.judged(results)
    let rows = evidence.comparisons.filter { $0.arm == Self.long && $0.isPrimary }
    #expect(rows.count == 3 && rows.allSatisfy { $0.single == nil })
    let fomc = try #require(rows.first { $0.task.name == "fomc" }?[.allTaskCocktail])
    #expect(fomc.contrast == nil)
    #expect(fomc.note == "no single of this budget; contrasts.csv has it against that of \(Self.short)")
    #expect(rows.compactMap { $0[.bestUnseen]?.note } == ["no single of this budget"])
    let others = evidence.comparisons.filter { $0.arm == Self.short }.flatMap(\.contenders.values)
    #expect(others.allSatisfy { $0.absence.isEmpty })
  }

  @Test func `a gain at equal exposure that equal steps do not show is told as the budget's`() throws {
    var results = results()
    // The sample lacks a seed there.
    for row in results.scores where row.model == "cocktail:all[\(Self.long)]" && row.seed == 1 {
      var other = row
      (other.seed, other.job) = (2, row.job + "2")
      results.scores.append(other)
    }
    for index in results.scores.indices {
      let row = results.scores[index]
      guard row.split == .test, row.task != "fiqa" else { continue }
      let isLong = row.model.contains(Self.long)
      // Three times the steps help the single as they help the cocktail.
      if row.model.hasPrefix("single:\(row.task)") { results.scores[index].value = isLong ? 0.85 : 0.7 }
      if row.model.hasPrefix("cocktail:all") { results.scores[index].value = isLong ? 0.8 : 0.6 }
      results.scores[index].value += 0.002 * Double(row.seed ?? 0)
    }
    results.models.removeAll { $0.model.hasPrefix("cocktail:fpb+fomc") }
    results.scores.removeAll { $0.model.hasPrefix("cocktail:fpb+fomc") }
    let page = Page(try Sample.judged(results)).answerSentences.joined(separator: "\n")
    #expect(
      page.contains(
        "fpb: the cocktail of all wins with as many examples of the task (\(Self.long) against \(Self.short)) and loses with as "
          + "many steps (\(Self.long)): the gain is the budget's."), "\(page)")
  }
}
