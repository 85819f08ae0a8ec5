import Reporting
import Results
import Specs
import Testing

/// What seeds of their own try and choose: by validation alone, and once all tries are done.
@Suite struct TuningTests {
  private static let tasks = ["a", "b"].map { name in
    TaskColumn(
      name: name, kind: TaskKind("classification"),
      metrics: [MetricColumn(name: "accuracy", higherIsBetter: true)])
  }

  private struct Entry {
    var model: String
    var kind: ModelKind
    var tasks: [String]
    var tuned: String
    var scores: [String: [Double]]
  }

  private func tuning(_ entries: [Entry], open: Set<String> = [], isPlanned: Bool = true) -> TuningResults {
    var (models, scores): ([ModelRow], [ScoreRow]) = ([], [])
    for entry in entries {
      let name = entry.model + (entry.tuned.isEmpty ? "" : "[\(entry.tuned)]")
      for place in 0..<(entry.scores.values.map(\.count).max() ?? 0) {
        var row = ModelRow(
          model: name, plain: entry.model, kind: entry.kind, recipe: entry.tasks.joined(separator: "+"),
          settings: entry.tuned,
          tasks: entry.tasks, seed: 10 + place, steps: 1, examples: 1, tokens: 1, bytes: 1,
          job: "\(name) \(place)")
        row.tuned = entry.tuned
        models.append(row)
        for (task, values) in entry.scores.sorted(by: { $0.key < $1.key }) where place < values.count {
          scores.append(
            ScoreRow(
              model: name, seed: 10 + place, task: task, split: .validation, metric: "accuracy",
              value: values[place],
              n: 100, job: "\(name) \(place) \(task)"))
        }
      }
    }
    return TuningResults(models: models, scores: scores, open: open, isPlanned: isPlanned)
  }

  private func results(_ tuning: TuningResults) -> ResultSet {
    var results = ResultSet(experiment: "t", tasks: Self.tasks, models: [], scores: [])
    results.tuning = tuning
    return results
  }

  private static let tries = [
    Entry(
      model: "single:a", kind: .single, tasks: ["a"], tuned: "x=1",
      scores: ["a": [0.6, 0.7], "b": [0.2, 0.2]]),
    Entry(
      model: "single:a", kind: .single, tasks: ["a"], tuned: "x=2",
      scores: ["a": [0.7, 0.8], "b": [0.4, 0.4]]),
    Entry(
      model: "single:b", kind: .single, tasks: ["b"], tuned: "x=1",
      scores: ["a": [0.1, 0.1], "b": [0.8, 0.8]]),
    Entry(model: "single:b", kind: .single, tasks: ["b"], tuned: "x=2", scores: ["b": [0.9]]),
    Entry(
      model: "cocktail:all", kind: .cocktail, tasks: ["a", "b"], tuned: "x=1",
      scores: ["a": [0.5, 0.5], "b": [0.5, 0.5]]),
    Entry(
      model: "cocktail:all", kind: .cocktail, tasks: ["a", "b"], tuned: "x=2",
      scores: ["a": [0.9, 0.9], "b": [0.2, 0.2]]),
    Entry(
      model: "cocktail:other", kind: .cocktail, tasks: ["a", "b"], tuned: "x=1",
      scores: ["a": [0.5, 0.5], "b": [0.7, 0.7]]),
  ]

  @Test func `each model takes the point with the best mean over its own tasks and all seeds`() throws {
    let choice = try TuningChoice(results(tuning(Self.tries)), grids: [])
    // A point that lacks a seed does not win by the seed that it lacks.
    #expect(
      choice.points == ["single:a": "x=2", "single:b": "x=1", "cocktail:all": "x=2", "cocktail:other": "x=1"])
    #expect(choice.isWhole)
    // For a task the cocktail at its own point that does best there.
    #expect(choice.cocktails == ["a": "cocktail:all", "b": "cocktail:other"])
    #expect(choice.unseen == ["a": "single:b", "b": "single:a"])
    #expect(choice.all == "cocktail:other")
  }

  @Test func `nothing is chosen while a try is open, and what was chosen stays`() throws {
    let open = tuning(Self.tries, open: ["single:a[x=2]"])
    #expect(try TuningChoice(results(open), grids: []) == TuningChoice())
    var before = TuningChoice()
    before.points = ["single:a": "x=1"]
    #expect(try TuningChoice(results(open), grids: [], before: before) == before)
    let first = try TuningChoice(results(tuning(Self.tries, isPlanned: false)), grids: [])
    #expect(first.points.count == 4 && !first.isWhole && first.cocktails.isEmpty)
  }

  @Test func `a metric with a scale of its own counts by the points that are worse`() throws {
    var results = results(
      tuning([
        Entry(
          model: "cocktail:all", kind: .cocktail, tasks: ["a", "b"], tuned: "x=1",
          scores: ["a": [0.6], "b": [9]]),
        Entry(
          model: "cocktail:all", kind: .cocktail, tasks: ["a", "b"], tuned: "x=2",
          scores: ["a": [0.61], "b": [8]]),
        Entry(
          model: "cocktail:all", kind: .cocktail, tasks: ["a", "b"], tuned: "x=3",
          scores: ["a": [0.5], "b": [90]]),
      ]))
    results.tasks[1].metrics[0].higherIsBetter = false
    let evidence = try Evidence.judged(results, items: nil)
    #expect(evidence.tuningRows.filter { $0.task.isEmpty }.map(\.value) == [1, 2, 0])
    #expect(evidence.choice?.points == ["cocktail:all": "x=2"])
  }

  @Test
  func
    `what is reported was chosen by other seeds, so that it may win, and the best of as many tries is told`()
    throws
  {
    let evidence = try Evidence.judged(results(tuning(Self.tries)), items: nil)
    let best = evidence.expectedBestRows.filter { $0.task == "a" }
    #expect(best.filter { $0.kind == "single" }.map(\.k) == [1, 2])
    #expect(best.filter { $0.kind == "cocktail" }.map(\.tried) == [3, 3, 3])
    let expected = best.filter { $0.kind == "cocktail" }.map(\.expected)
    #expect(
      abs(expected[0] - 1.9 / 3) < 1e-12 && abs(expected[1] - (0.5 + 0.9 + 0.9) / 3) < 1e-12
        && expected[2] == 0.9)
    #expect(
      Page(evidence).tuningSentences.first?.hasPrefix("4 models at 2 points each were tried on seeds") == true
    )
    #expect(evidence.tuningRows.count == 7 + 13)
  }
}
