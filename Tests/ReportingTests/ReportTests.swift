import Basics
import Foundation
import Reporting
import Results
import Specs
import Statistics
import TestSupport
import Testing

/// The files of the sample, byte for byte: Tests/Golden/reporting, rewritten only with UPDATE_SNAPSHOTS=1.
@Suite struct ReportTests {
  static let folder = Reference.golden("reporting")
  static let widths = [160, 80, 40]

  /// What is compared with the stored files.
  static func files() throws -> [ReportFile] {
    try Report(Sample.results, items: SampleItems()).files
      + widths.map {
        try ReportFile(
          name: "terminal-\($0).txt", text: Report(Sample.results, items: SampleItems()).terminal(width: $0))
      }
  }

  @Test func `the files of the sample are as they were`() throws {
    let files = try Self.files()
    if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
      for file in files {
        let place = Self.folder.appendingPathComponent(file.name)
        try FileManager.default.createDirectory(
          at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(file.text.utf8).write(to: place)
      }
    }
    let stored = try FileManager.default.subpathsOfDirectory(atPath: Self.folder.path).filter { $0 != "wide" }
    let changed = try files.filter { file in
      guard stored.contains(file.name) else { return true }
      return Data(file.text.utf8) != (try Data(contentsOf: Self.folder.appendingPathComponent(file.name)))
    }
    let gone = stored.filter { name in !files.contains { $0.name == name } }
    let page = "Sources/Reporting/Documentation.docc/Results.md"
    let told = try String(contentsOf: Reference.package.appendingPathComponent(page), encoding: .utf8)
    let untold = ReportTables.all.entries.filter { !told.contains($0.file) }.map { "\(page) on \($0.file)" }
    #expect(
      changed.map(\.name) + gone + untold == [],
      """
      files differ from Tests/Golden/reporting, or are not there: where that is meant, write them with \
      UPDATE_SNAPSHOTS=1 in the environment of `make test FILTER=ReportTests`, and look at the difference; a page says \
      nothing of a table: give it a line
      """)
  }

  @Test func `rows in any order give the same bytes`() throws {
    let files = try Report(Sample.results, items: SampleItems()).files
    for seed in 0..<5 {
      var random = RandomStream(seed: seed, "shuffled rows")
      var results = Sample.results
      results.scores.shuffle(using: &random)
      results.mixtures.shuffle(using: &random)
      results.merges.shuffle(using: &random)
      results.costs.shuffle(using: &random)
      results.failures.shuffle(using: &random)
      #expect(results != Sample.results)
      #expect(try Report(results, items: SampleItems(results)).files == files)
      #expect(try Report(results).terminal(width: 80) == Report(Sample.results).terminal(width: 80))
    }
  }

  @Test func `nothing is chosen on the test split`() throws {
    var results = Sample.results
    for index in results.scores.indices where results.scores[index].split == .test {
      results.scores[index].value = 1 - results.scores[index].value
    }
    let before = try Sample.judged()
    let after = try Sample.judged(results)
    func choices(_ evidence: Evidence) -> [[String?]] {
      evidence.comparisons.map { row in
        [row.single?.candidate.model] + ComparisonRow.Role.allCases.map { row[$0]?.candidate.model }
      } + [evidence.merges.map { $0.isChosen ? $0.candidate.model : nil }]
    }
    #expect(choices(before) == choices(after))
    func gains(_ evidence: Evidence) -> [Double?] {
      evidence.comparisons.map { $0[.merge]?.contrast?.estimate }
    }
    #expect(gains(before) != gains(after) && gains(before).contains { $0 != nil })
  }

  @Test func `validation decides, and of equal ones the earlier`() throws {
    let task = Sample.tasks[0]
    let favourite = "cocktail:fpb+fomc[adapter.rank=4]"
    let worseIsMore = Sample.tasks.flatMap(\.metrics).filter { !$0.higherIsBetter }.map(\.name)
    var results = Sample.results
    for index in results.scores.indices where results.scores[index].split == .validation {
      let isFavourite = results.scores[index].model == favourite
      results.scores[index].value = isFavourite ? 0.9 : 0.5
    }
    #expect(try Evidence(results).bestCocktail(for: task)?.model == favourite)
    for index in results.scores.indices where results.scores[index].split == .validation {
      // What is recovered needs singles that beat the base.
      let isLowerBetter = worseIsMore.contains(results.scores[index].metric)
      let isBase = results.scores[index].model.hasPrefix("base")
      results.scores[index].value = isBase ? (isLowerBetter ? 0.6 : 0.4) : 0.5
    }
    #expect(try Evidence(results).bestCocktail(for: task)?.model == favourite)
    #expect(try Evidence(results).chosenSingle(for: task)?.model == "single:fpb[adapter.rank=4]")
    let equal = try Evidence(results).merges
    // The base stands before them.
    #expect(equal.map(\.isChosen) == [false, true, false, false, false])
  }

  @Test func `a merge that is told the task is no rival of those that are not`() throws {
    var results = Sample.results
    let told = "merge:linear[adapter.rank=4]"
    for index in results.models.indices where results.models[index].model == told {
      results.models[index].serving = Serving(
        by: Serving.taskKnown, expertBytes: 1000, passes: 1, flopsPerToken: 0)
    }
    for index in results.scores.indices where results.scores[index].model == told {
      results.scores[index].value = results.scores[index].metric == "mse" ? 1e-3 : 0.99
    }
    let evidence = try Sample.judged(results)
    #expect(evidence.register.merge() != nil && evidence.register.merge() != told)
    #expect(evidence.merges.filter(\.isChosen).map(\.candidate.isTold).sorted { $0 && !$1 } == [true, false])
  }

  @Test func `a grid's point is chosen by validation alone, over all seeds`() throws {
    let points = Sample.settings.map { "merge:linear[\($0)]" }
    let grids = [(name: "merge:linear", models: points)]
    func chosen(_ change: (inout ScoreRow) -> Void) throws -> [String] {
      var results = Sample.results
      for index in results.scores.indices { change(&results.scores[index]) }
      return try GridChoice.chosen(results, grids: grids)
    }
    for favourite in points {
      let better = try chosen { row in
        // `fiqa` counts errors: nothing is better than none.
        if row.model == favourite, row.split == .validation { row.value = row.metric == "mse" ? 1e-3 : 0.99 }
      }
      #expect(better == [favourite])
      let tested = try chosen { row in
        if row.model == favourite, row.split == .test { row.value = row.metric == "mse" ? 1e-3 : 0.99 }
      }
      #expect(try tested == chosen { _ in })
    }
    var results = Sample.results
    results.scores.removeAll { $0.model == points[0] && $0.seed == 2 && $0.split == .validation }
    #expect(try GridChoice.chosen(results, grids: grids) == [points[1]])
    results.scores.removeAll { $0.split == .validation }
    #expect(try GridChoice.chosen(results, grids: grids) == [])
  }

  @Test func `a model with fewer seeds on validation cannot win by what it lacks`() throws {
    var results = Sample.results
    for index in results.scores.indices {
      // Two seeds only, since the third one failed.
      if results.scores[index].model == "cocktail:all[adapter.rank=8]" { results.scores[index].value = 1 }
    }
    #expect(try Evidence(results).bestCocktail(for: Sample.tasks[0])?.rows.count == 3)
    #expect(try Evidence(results).bestCocktail(for: Sample.tasks[0])?.model != "cocktail:all[adapter.rank=8]")
  }

  @Test func `without validation scores nothing is best`() throws {
    var results = Sample.results
    results.scores.removeAll { $0.split == .validation }
    for row in try Evidence(results).comparisons {
      #expect(row.chosenOn == "")
      #expect(row.single == nil && row.contenders.isEmpty)
      // The base predicts one number, so it has no correlation.
      #expect((row.base == nil) == (row.metric.name == "pearson"))
    }
    #expect(try Evidence(results).merges.allSatisfy { !$0.isChosen })
  }

  @Test func `verdicts of every table are the register's`() throws {
    let evidence = try Sample.judged()
    let rows = evidence.comparisons
    let loss = try #require(rows.first { $0.metric.name == "mse" }?[.bestCocktail]?.contrast)
    #expect(loss.estimate < 0 && loss.outcome == .undecided)
    for row in rows {
      for (role, contender) in row.contenders {
        let contrast = evidence.register.contrast(role.rawValue, task: row.task.name, metric: row.metric.name)
        #expect(
          contender.contrast?.outcome == contrast?.outcome
            && contrast?.first.model == contender.candidate.model)
        #expect(row.isPrimary || contender.contrast?.outcome == nil)
      }
    }
  }

  @Test func `one seed gives no interval, no test and no verdict`() throws {
    var results = Sample.results
    results.models.removeAll { ($0.seed ?? 0) > 0 }
    results.scores.removeAll { ($0.seed ?? 0) > 0 }
    for row in try Sample.judged(results).comparisons {
      let contrast = try #require(row[.bestCocktail]?.contrast)
      #expect(contrast.interval == nil && contrast.p == nil && contrast.outcome == nil)
      #expect(contrast.note == "fewer than 3 seeds" && contrast.itemError != nil)
    }
    let page = try #require(
      try Report(results, items: SampleItems(results)).files.first { $0.name == "report.md" })
    #expect(page.text.contains("With one seed there is no interval and no test"))
    #expect(page.text.contains("(fewer than 3 seeds)"))
  }

  @Test func `no results at all still make every file`() throws {
    let empty = ResultSet(experiment: "empty", tasks: [], models: [], scores: [])
    let files = try Report(empty).files
    #expect(files.map(\.name) == ReportTables.all.entries.map(\.file) + ["report.md", "COLUMNS.md"])
    for file in files where file.name.hasSuffix(".csv") {
      #expect(file.text.split(separator: "\n").count == 1, "\(file.name)")
    }
    #expect(try Report(empty).terminal(width: 80) == "no tasks\n")
  }

  @Test func `a merge of one input with weight one is worth one single`() throws {
    let evidence = try Evidence(Sample.results)
    for single in evidence.candidates(of: .single) {
      let task = try #require(Sample.tasks.first { $0.name == single.tasks[0] })
      #expect(evidence.recovered(single, task, on: .test) == 1)
      #expect(evidence.relativeGain(of: single, over: [task])?.estimate.mean == 0)
    }
  }

  @Test func `a single whose seeds do not agree that it learned something is no measure`() throws {
    var results = Sample.results
    let task = Sample.tasks[0]
    let name = try #require(task.metrics.first?.name)
    let before = try Evidence(results).merges
    for index in results.scores.indices {
      let row = results.scores[index]
      guard row.task == task.name, row.metric == name, row.model.hasPrefix("single:\(task.name)") else {
        continue
      }
      results.scores[index].value = [0.1, 0.9, 0.2][row.seed ?? 0]
    }
    let evidence = try Evidence(results)
    #expect(before.count == 5)
    for (row, old) in zip(evidence.merges, before) {
      #expect(row.recovered.byTask[task.name] == nil && old.recovered.byTask[task.name] != nil)
      let rest = Sample.tasks.compactMap { row.recovered.byTask[$0.name]?.value }
      #expect(rest == Sample.tasks.dropFirst().compactMap { old.recovered.byTask[$0.name]?.value })
      #expect(
        try abs(#require(row.recovered.own).value - Estimate.mean(rest)) < 1e-12
          && row.worst?.task != task.name)
    }
    #expect(Page(evidence).text.contains("Without one, and out of the means"))
    #expect(!Page(try Evidence(Sample.results)).text.contains("Without one, and out of the means"))
  }

  @Test func `a relative gain leaves out a task whose single is as good as nothing`() throws {
    var results = Sample.results
    let task = Sample.tasks[0]
    let name = try #require(task.metrics.first?.name)
    let cocktail = try #require(Evidence(results).candidates(of: .cocktail).first { $0.tasks.count > 2 })
    let rest = Sample.tasks.filter { cocktail.tasks.contains($0.name) && $0.name != task.name }
    let expected = try Evidence(results).relativeGain(of: cocktail, over: rest)
    for index in results.scores.indices {
      let row = results.scores[index]
      guard row.task == task.name, row.metric == name, row.model.hasPrefix("single:\(task.name)") else {
        continue
      }
      results.scores[index].value = [0.03, -0.02, 0.01][row.seed ?? 0]
    }
    let evidence = try Evidence(results)
    #expect(evidence.relativeGain(of: cocktail, over: [task] + rest) == expected && expected != nil)
    #expect(evidence.relativeGain(of: cocktail, over: [task]) == nil)
  }

  @Test func `the best merge is one that was tested, whatever its test score`() throws {
    var results = Sample.results
    let best = try #require(try Sample.judged(results).register.merge())
    results.scores.removeAll { $0.model == best && $0.split == .test }
    let next = try Sample.judged(results).register.merge()
    #expect(next != best && next != nil)
    for index in results.scores.indices
    where results.scores[index].split == .test && results.scores[index].model.hasPrefix("merge:") {
      results.scores[index].value = 0.5 - results.scores[index].value / 2
    }
    #expect(try Sample.judged(results).register.merge() == next)
  }

  @Test func `methods are those of their best point on validation, the best first`() throws {
    var results = Sample.results
    let linear = "merge:linear[adapter.rank=4]"
    let ties = "merge:ties(density=0.2)[adapter.rank=4]"
    for index in results.models.indices { results.models[index].settings = "" }
    for index in results.merges.indices where results.merges[index].model.hasPrefix("merge:ties") {
      results.merges[index].method = "linear"
    }
    results.models.removeAll { $0.model.hasSuffix("[adapter.rank=8]") }
    results.scores.removeAll { $0.model.hasSuffix("[adapter.rank=8]") }
    for favourite in [linear, ties] {
      for index in results.scores.indices
      where results.scores[index].split == .validation && results.scores[index].model.hasPrefix("merge:") {
        let isBetter = results.scores[index].model == favourite
        results.scores[index].value = (results.scores[index].metric == "mse") == isBetter ? 1e-3 : 0.9
      }
      let methods = try Evidence(results).methods
      #expect(
        methods.map(\.merge.candidate.model) == [favourite, "base"] && methods.map(\.points) == [2, 1])
    }
    for index in results.merges.indices where results.merges[index].model == ties {
      results.merges[index].method = "ties"
    }
    #expect(try Evidence(results).methods.map(\.merge.method) == ["ties", "linear", nil])
    // Of fewer tasks a higher mean counts less.
    for index in results.models.indices where results.models[index].model == ties {
      results.models[index].tasks = Array(results.models[index].tasks.prefix(1))
    }
    let evidence = try Evidence(results)
    #expect(evidence.methods.map(\.merge.method) == ["linear", "ties", nil])
    let sentences = Page(evidence).methodSentences
    #expect(sentences.contains { $0.hasPrefix("Those of fewer tasks come last") && $0.contains("ties") })
    #expect(sentences.contains { $0.hasPrefix("Best on validation: merge:linear") })
  }

  @Test func `contradicting rows are refused`() throws {
    let hint =
      "\n  that is a mistake of this program: run `mixology report` again, and if it stays, file a bug report"
    func message(_ change: (inout ResultSet) -> Void) -> String {
      var results = Sample.results
      change(&results)
      do {
        _ = try Report(results).files
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message { results in
        var row = results.scores[0]
        row.value = 0.25
        results.scores[0].value = 0.5
        results.scores.append(row)
      }
        == "error: the results hold two values of macro_f1 for base, seed none on fpb validation: 0.5 "
        + "and 0.25"
        + hint)
    #expect(
      message { $0.scores[0].model = "bases" }
        == "error: the results hold a score of the unknown model bases, seed none" + hint)
    #expect(
      message { $0.scores[0].task = "fbp" } == "error: the results hold a score on the unknown task 'fbp'"
        + hint)
    #expect(
      message { $0.models.append($0.models[4]) }
        == "error: the results hold two models 'single:fpb[adapter.rank=4]' of one seed" + hint)
    #expect(
      message { $0.tasks.append($0.tasks[0]) } == "error: the results hold two tasks of one name" + hint)
  }
}
