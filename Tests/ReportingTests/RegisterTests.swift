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
    let full = try register().contrasts
    #expect(bare.map(\.estimate).count == full.map(\.estimate).count)
  }

  @Test func `the merge is one model for all tasks`() throws {
    let rows = try register().contrasts.filter { $0.question == "merge" && !$0.task.isEmpty }
    #expect(rows.count >= 3 && Set(rows.map(\.first.model)).count == 1 && rows.allSatisfy(\.isPaired))
  }
}
