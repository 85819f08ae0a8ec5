import Basics
import Reporting
import Results
import Specs
import Statistics
import Testing

/// Seeds with bases of their own: what is told of the base once becomes a mean over seeds, and comparisons are made seed by seed.
@Suite struct OwnBaseTests {
  /// The sample with four seeds, each on a base of its own, on which all its models stand higher or lower.
  private func results(varies: Bool = true) -> ResultSet {
    var results = Sample.results
    results.varies = varies ? [.start, .order, .base] : Variation.usual
    // The sample's holes are looked at elsewhere.
    results.failures = []
    results.curves = []
    results.merges = []
    results.mixtures = []
    func own(_ model: ModelRow) -> Bool { varies ? model.recipe != "majority" : model.isTrained }
    let models = Sample.models.filter { $0.seed ?? 0 == 0 }
    results.models = models.flatMap { model in
      (own(model) ? [0, 1, 2, 3] : [nil]).map { seed in
        var model = model
        (model.seed, model.job) = (seed, Sample.job("model", model.model, seed))
        return model
      }
    }
    let lift = [0.05, -0.06, 0.02, -0.01]
    results.scores = results.models.flatMap { model in
      Sample.scores.filter { $0.model == model.model && $0.seed ?? 0 == 0 }.map { row in
        var score = row
        (score.seed, score.job) = (
          model.seed, Sample.job("\(row.task) \(row.split)", model.model, model.seed)
        )
        if row.metric != "mse", row.value.isFinite { score.value += model.seed.map { lift[$0] } ?? 0 }
        return score
      }
    }
    return results
  }

  @Test func `the base is a mean over seeds with an interval, and so are floors that read it`() throws {
    let evidence = try Sample.judged(results())
    let row = try #require(evidence.comparisons.first { $0.task.name == "fpb" && $0.isPrimary })
    #expect(row.base?.count == 4 && row.base?.halfWidth != nil)
    #expect(row.floors[.probe]?.count == 4 && row.floors[.majority]?.count == 1)
    let table = ReportTables.all.entries.first { $0.name == "comparison" }?.table(evidence)
    let (columns, first) = (try #require(table?.columns.map(\.name)), try #require(table?.rows.first))
    let place = try #require(columns.firstIndex(of: "base_ci"))
    #expect(first[place] == .number(try #require(row.base?.halfWidth)))
    let shared = try Sample.judged(results(varies: false)).comparisons[0]
    #expect(shared.base?.count == 1 && shared.base?.halfWidth == nil)
  }

  @Test func `comparisons are paired, and what a base lifts for all cancels`() throws {
    let evidence = try Sample.judged(results())
    let contrasts = evidence.register.contrasts
    #expect(!contrasts.isEmpty && contrasts.allSatisfy { $0.isPaired || $0.second.model == "floor:majority" })
    func error(_ evidence: Evidence) throws -> Double {
      try #require(
        evidence.register.contrast(
          "all_cocktail", arm: "", task: "fpb", metric: "macro_f1")?.seedError)
    }
    // As if nobody knew: the same numbers of seeds that have nothing in common.
    var unknown = results()
    unknown.varies = Variation.usual
    #expect(try error(evidence) < 0.01 && error(Sample.judged(unknown)) > 0.02)
    let learned = try #require(contrasts.first { $0.question == "learned" && $0.task == "fpb" })
    #expect(learned.collapsed == 0 && learned.firstSeeds == 4 && learned.secondSeeds == 4)
    // The mean over tasks is over the same seeds, whatever the models.
    let mean = try #require(evidence.register.contrast("all_cocktail", arm: "", task: ""))
    #expect(mean.isPaired && mean.seedError ?? 1 < 0.01)
  }

  @Test func `every seed stands above its own base`() throws {
    let evidence = try Sample.judged(results())
    let cocktail = try #require(evidence.candidates.first { $0.model.hasPrefix("cocktail:fpb+fomc") })
    let row = try #require(evidence.recovered(cocktail).byTask["fpb"])
    let interval = try #require(row.interval)
    #expect(interval.contains(row.value))
    // What lifts a seed lifts base, single and cocktail alike.
    let wide = try #require(try Sample.judged(shared()).recovered(cocktail).byTask["fpb"]?.interval)
    #expect(interval.upperBound - interval.lowerBound < wide.upperBound - wide.lowerBound)
  }

  /// The same with the first seed's base for all.
  private func shared() -> ResultSet {
    var results = results()
    results.varies = Variation.usual
    results.models.removeAll { !$0.isTrained && $0.seed ?? 0 > 0 }
    for index in results.models.indices where !results.models[index].isTrained {
      results.models[index].seed = nil
    }
    let names = Set(results.models.filter { !$0.isTrained }.map(\.model))
    results.scores.removeAll { names.contains($0.model) && $0.seed ?? 0 > 0 }
    for index in results.scores.indices where names.contains(results.scores[index].model) {
      results.scores[index].seed = nil
    }
    return results
  }

  @Test func `the report says what differs by seed`() throws {
    let page = Page(try Sample.judged(results())).text
    #expect(
      page.contains(
        "Seeds differ in the first weights of adapters and heads, in which rows come when, in the base, which is pretrained for "
          + "each, and in what merges draw. The same for all of them are which training rows a limit drew, the validation rows: no "
          + "interval speaks of others. All models of a seed rest on its base, so comparisons are made seed by seed."
      ))
    #expect(Page(try Sample.judged()).text.contains("The same for all of them are the base, "))
  }
}

extension ModelRow {
  fileprivate var isTrained: Bool { kind != .base && kind != .floor }
}
