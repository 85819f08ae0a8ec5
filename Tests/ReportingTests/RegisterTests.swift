import Basics
import Reporting
import Results
import Specs
import Testing

/// The register of a whole experiment.
@Suite struct RegisterTests {
  private func register(_ results: ResultSet = Sample.results) throws -> Register {
    try Register(Evidence(results), items: SampleItems(results))
  }

  /// What identifies a comparison.
  private func name(_ contrast: Contrast) -> String {
    [
      contrast.question, contrast.subject, contrast.arm, contrast.task, contrast.metric, contrast.first.model,
      contrast.second.model,
    ].joined(separator: "|")
  }

  @Test func `a pair is held against both of its halves on the task`() throws {
    let register = try register()
    func second(_ question: String) -> String? {
      register.contrast(question, subject: "fomc", arm: "adapter.rank=4", task: "fpb", metric: "macro_f1")?
        .second.model
    }
    #expect(
      second("pair") == "single:fpb[adapter.rank=4]" && second("pair_other") == "single:fomc[adapter.rank=4]")
  }

  @Test func `every comparison stands once, with a verdict or a reason`() throws {
    let contrasts = try register().contrasts
    #expect(Set(contrasts.map(name)).count == contrasts.count)
    #expect(
      Set(contrasts.map(\.question)).isSuperset(of: [
        "learned", "all_cocktail", "best_cocktail", "merge", "model",
      ]))
    for row in contrasts
    where row.outcome == nil && row.question != "model" && row.metric != "accuracy" && row.metric != "pearson"
    {
      #expect(!row.note.isEmpty, "\(name(row))")
    }
    // Errors turn round: what lowers mse gains.
    // The single was chosen among two grid points by the same trainings, so that nothing can be shown to be worse.
    let row = try #require(try register().contrast("best_cocktail", task: "fiqa", metric: "mse"))
    #expect(row.estimate < -0.05 && row.outcome == .undecided && row.note == "chosen on the same seeds")
    let plain = try #require(
      try register().contrast("ingredient", subject: "fiqa", task: "fpb", metric: "macro_f1"))
    #expect(plain.outcome == .undecided && plain.note.isEmpty)
  }

  @Test func `scores in another order give the same register`() throws {
    var results = Sample.results
    results.scores.reverse()
    let (one, other) = (try register().contrasts, try register(results).contrasts)
    #expect(one.map(name) == other.map(name) && one.map(\.estimate) == other.map(\.estimate))
    #expect(one.map(\.adjusted) == other.map(\.adjusted))
  }

  @Test func `a model that is added changes no comparison of the others`() throws {
    var results = Sample.results
    let copies = results.models.filter { $0.model == "cocktail:fpb+fomc[adapter.rank=8]" }
    for var copy in copies {
      copy.model = "cocktail:copy[adapter.rank=8]"
      results.models.append(copy)
    }
    for var row in Sample.results.scores where row.model == "cocktail:fpb+fomc[adapter.rank=8]" {
      row.model = "cocktail:copy[adapter.rank=8]"
      results.scores.append(row)
    }
    let before = try register().contrasts
    let after = Dictionary(try register(results).contrasts.map { (name($0), $0) }) { first, _ in first }
    for row in before {
      let other = try #require(after[name(row)], "\(name(row))")
      #expect(
        row.estimate == other.estimate && row.seedError == other.seedError && row.itemError == other.itemError
      )
      // A choice among more candidates is another question; all others are the same to the last bit.
      // So is that of all models against one, in whose family the added one is.
      if row.candidates == other.candidates, row.rivals == other.rivals, row.question != "one_model" {
        #expect(row.adjusted == other.adjusted && row.outcome == other.outcome, "\(name(row))")
      }
    }
  }

  @Test func `without predictions there are estimates and no verdicts`() throws {
    let bare = try Register(Evidence(Sample.results), items: nil).contrasts
    #expect(
      !bare.isEmpty && bare.allSatisfy { $0.outcome == nil && $0.interval == nil && $0.itemError == nil })
    let full = Dictionary(try register().contrasts.map { (name($0), $0.estimate) }) { first, _ in first }
    let both = bare.filter { full[name($0)] != nil }
    #expect(both.count > bare.count / 2)
    for row in both { #expect(abs(row.estimate - (full[name(row)] ?? 9)) < 1e-12, "\(name(row))") }
  }

  /// The sample at one grid point.
  private var plain: ResultSet {
    var results = Sample.results
    results.models.removeAll { $0.settings == "adapter.rank=8" }
    results.scores.removeAll { $0.model.hasSuffix("[adapter.rank=8]") }
    return results
  }

  @Test func `what two questions ask of the same models counts once`() throws {
    let register = try register(plain)
    let merge = try #require(register.merge())
    let one = try #require(register.contrast("merge_against_all"))
    var other = try #require(register.contrast("one_model", subject: merge))
    #expect(one.outcome != nil && other.outcome != nil && one.comparison == other.comparison)
    (other.first, other.second) = (other.second, other.first)
    #expect(one.comparison == other.comparison)
    let judged = register.contrasts.filter { $0.outcome != nil }
    #expect(register.judged.all < judged.count && register.judged.decided > 0)
    // The means of questions whose sides are other models on each task are none of each other.
    let questions = ["learned", "all_cocktail", "best_unseen", "merge", "merge_against_all"]
    let means = register.contrasts.filter { $0.task.isEmpty && questions.contains($0.question) }
    #expect(means.count == 5 && Set(means.map(\.comparison)).count == 5)
  }

  @Test func `with one cocktail the best one and that of all are asked and shown once`() throws {
    var results = plain
    results.models.removeAll { $0.model == "cocktail:fpb+fomc[adapter.rank=4]" }
    results.scores.removeAll { $0.model == "cocktail:fpb+fomc[adapter.rank=4]" }
    let evidence = try Sample.judged(results)
    #expect(
      !evidence.choosesCocktail && !evidence.register.contrasts.contains { $0.question == "best_cocktail" })
    for row in evidence.comparisons {
      let (best, all) = (row[.bestCocktail], row[.allTaskCocktail])
      #expect(best?.candidate.model == "cocktail:all[adapter.rank=4]" && all?.contrast != nil)
      #expect(best?.contrast?.estimate == all?.contrast?.estimate)
    }
    let page = Page(evidence)
    #expect(!page.comparisonTable.columns.map(\.name).contains("best cocktail"))
    #expect(!page.taskAnswers.contains("best cocktail") && page.taskAnswers.contains("| all |"))
    let report = try Report(results, items: SampleItems(results))
    #expect(!report.terminal(width: 160).contains("best cocktail"))
    #expect(try Report(Sample.results).terminal(width: 160).contains("best cocktail"))
  }

  @Test func `the first screen tells what the register decided of pairs`() throws {
    let evidence = try Sample.judged()
    let decided = evidence.register.contrasts.filter {
      $0.question == "pair" && ($0.outcome == .win || $0.outcome == .loss)
    }
    #expect(!decided.isEmpty)
    let lines = Page(evidence).taskAnswers.split(separator: "\n")
    for contrast in decided {
      let sign = contrast.outcome == .win ? "+" : "−"
      let line = lines.first { $0.hasPrefix("| \(contrast.task) ") }
      #expect(line?.contains("in pairs \(sign)\(contrast.subject)") == true, "\(contrast.task)")
    }
  }

  @Test func `the page counts the families with a verdict, for each of which 5 % are`() throws {
    let evidence = try Sample.judged()
    let register = evidence.register
    let judged = register.contrasts.filter { $0.outcome != nil }
    let models = judged.filter { $0.question == "one_model" }
    let arms = Set(models.map(\.arm))
    let others = Set(judged.filter { $0.question != "one_model" }.map { [$0.question, $0.subject, $0.arm] })
    #expect(models.count > arms.count && register.families == arms.count + others.count)
    let expected = NumberText.fixed(0.05 * Double(register.families), digits: 1)
    #expect(
      Page(evidence).guide.contains(
        "\(register.families) families here have verdicts, so were there no difference anywhere, up to \(expected) of them"
      ))
    #expect(Page(try Evidence(Sample.results)).guide.contains("Here no family has a verdict."))
  }

  @Test func `the merge is one model for all tasks`() throws {
    let rows = try register().contrasts.filter { $0.question == "merge" && !$0.task.isEmpty }
    #expect(rows.count >= 3 && Set(rows.map(\.first.model)).count == 1 && rows.allSatisfy(\.isPaired))
  }
}
