import Basics
import Reporting
import Results
import Specs
import Statistics
import Testing

/// Counts that tables print: the tasks, seeds and items that really stand behind a number.
@Suite struct SeedCountTests {
  private static let all = "cocktail:all[adapter.rank=4]"

  /// The rows of a table as dictionaries of column and cell.
  private static func rows(_ name: String, _ results: ResultSet) throws -> [[String: Cell]] {
    let table = try ReportTables.all.entry(named: name).build(Evidence(results))
    let names = table.columns.map(\.name)
    return table.rows.map { Dictionary(uniqueKeysWithValues: zip(names, $0)) }
  }

  private static func row(_ model: String, of name: String, _ results: ResultSet) throws -> [String: Cell] {
    try #require(try rows(name, results).first { $0["model"] == .text(model) })
  }

  @Test func `a relative gain says over how many tasks it is, and the page which it leaves out`() throws {
    var results = Sample.results
    let whole = try Self.row(Self.all, of: "cocktails", results)
    #expect(whole["delta_m_tasks"] == .integer(3) && whole["delta_m_all_tasks"] == .integer(3))
    #expect(!(try Page(Evidence(results)).text.contains("Δm leaves out")))
    for index in results.scores.indices {
      let row = results.scores[index]
      guard row.metric == "macro_f1", row.model == "single:fpb[adapter.rank=4]", row.task == "fpb" else {
        continue
      }
      results.scores[index].value = [0.03, -0.02, 0.01][row.seed ?? 0]
    }
    let row = try Self.row(Self.all, of: "cocktails", results)
    #expect(row["delta_m_tasks"] == .integer(2) && row["delta_m_all_tasks"] == .integer(2))
    #expect(
      try Page(Evidence(results)).text.contains(
        "Δm leaves out at adapter.rank=4: fpb, whose single is not further from zero than the standard deviation over "
          + "its seeds."))
    // Without a gain there is no number of tasks.
    results.scores.removeAll { $0.model == Self.all && $0.task == "fomc" && $0.split == .test }
    let partial = try Self.row(Self.all, of: "cocktails", results)
    #expect(partial["delta_m"] == .missing && partial["delta_m_tasks"] == .missing)
    #expect(partial["delta_m_all_tasks"] == .integer(1))
  }

  @Test func `seeds are those behind the mean of their row, not those that were trained`() throws {
    var results = Sample.results
    let pair = "cocktail:fpb+fomc[adapter.rank=4]"
    let merge = "merge:linear[adapter.rank=4]"
    for model in [pair, merge] {
      results.scores.removeAll {
        $0.model == model && $0.task == "fomc" && $0.split == .test && $0.seed == 1
      }
    }
    let cocktail = try Self.row(pair, of: "cocktails", results)
    #expect(cocktail["seeds"] == .integer(2) && cocktail["delta_m_seeds"] == .integer(2))
    // The value of fpb alone would have three, the smallest counts.
    #expect(try Self.row(merge, of: "merges", results)["seeds"] == .integer(2))
    #expect(try Self.row(merge, of: "methods", results)["seeds"] == .integer(2))
    let fomc = try #require(try Evidence(results).comparisons.first { $0.task.name == "fomc" })
    let transfer = try Self.rows("transfer", results).first {
      $0["model"] == .text(pair) && $0["evaluated_on"] == .text("fomc")
    }
    #expect(transfer?["seeds"] == .integer(2) && fomc.single?.score?.count == 3)
    let page = try Page(Evidence(results)).text
    #expect(page.contains("each with 2 to 3 seeds.") && page.contains(" (2 seeds)"))
  }

  @Test func `the seeds of every contender stand beside its mean, in the legend too`() throws {
    var results = Sample.results
    let best = try #require(try Evidence(results).bestCocktail(for: Sample.tasks[0])?.model)
    results.scores.removeAll { $0.model == best && $0.seed == 0 && $0.split == .test }
    let row = try #require(try Self.rows("comparison", results).first)
    #expect(row["best_cocktail_model"] == .text(best) && row["best_cocktail_seeds"] == .integer(2))
    #expect(
      row["seeds"] == .integer(3) && row["all_cocktail_seeds"] == .integer(best.contains("all") ? 2 : 3))
    #expect(try Report(results).terminal(width: 400).contains("interval over 2 to 3 seeds;"))
    #expect(try Report(Sample.results).terminal(width: 400).contains("interval over 3 seeds;"))
  }

  @Test func `a merge without a test score has no seeds behind a mean`() throws {
    var results = Sample.results
    let merge = "merge:linear[adapter.rank=4]"
    results.scores.removeAll { $0.model == merge && $0.split == .test }
    let row = try Self.row(merge, of: "merges", results)
    #expect(row["recovered"] == .missing && row["seeds"] == .integer(0))
  }

  @Test func `a model that was no candidate for want of seeds is named on the page and in the terminal`()
    throws
  {
    let evidence = try Evidence(Sample.results)
    let dropped = try #require(evidence.overlooked.first)
    #expect(evidence.overlooked.count == 1 && dropped.model == "cocktail:all[adapter.rank=8]")
    #expect(dropped.tasks == ["fpb", "fomc", "fiqa"] && dropped.seeds == 2 && dropped.most == 3)
    #expect(
      Page(evidence).missingSentences.last?.hasSuffix(
        ": cocktail:all[adapter.rank=8] on fpb, fomc, fiqa (2 of 3 seeds).") == true)
    #expect(
      try Report(Sample.results).terminal(width: 400).contains(
        "no candidate for the best, for want of seeds: cocktail:all[adapter.rank=8] on fpb, fomc, fiqa (2 of 3)\n"
      ))
  }

  @Test func `a merge with fewer seeds on validation is not chosen in any table`() throws {
    var results = Sample.results
    let favourite = "merge:ties(density=0.2)[adapter.rank=4]"
    for index in results.scores.indices where results.scores[index].model == favourite {
      results.scores[index].value = results.scores[index].metric == "mse" ? 1e-3 : 0.99
    }
    #expect(try Evidence(results).merges.first { $0.isChosen }?.candidate.model == favourite)
    results.scores.removeAll { $0.model == favourite && $0.split == .validation && $0.seed == 2 }
    let evidence = try Evidence(results)
    #expect(evidence.merges.filter(\.isChosen).map(\.candidate.model) != [favourite])
    #expect(evidence.overlooked.contains { $0.model == favourite && $0.seeds == 2 })
  }

  @Test func `without validation scores the page says that nothing could be chosen`() throws {
    var results = Sample.results
    results.scores.removeAll { $0.split == .validation }
    let sentences = Page(try Evidence(results)).missingSentences
    #expect(sentences.last?.hasPrefix("Nothing could be chosen, as no model has a validation score") == true)
  }

  @Test func `items of the test split stand beside every mean`() throws {
    let page = Page(try Evidence(Sample.results))
    #expect(page.comparisonTable.columns.map(\.name).contains("n"))
    #expect(page.transferTable.columns.map(\.name).contains("fpb (n = 970)"))
    #expect(page.mergeTable.columns.map(\.name).contains("fiqa (n = 970)"))
    let cocktail = try #require(page.cocktails.first { $0.candidate.model == Self.all })
    #expect(cocktail.items == 3 * 970)
    #expect(try Report(Sample.results).terminal(width: 160).contains("fpb   macro_f1  970"))
    // Where the table is too wide with them, it stands without.
    #expect(try !Report(Sample.results).terminal(width: 80).split(separator: "\n")[0].contains(" n "))
  }
}
