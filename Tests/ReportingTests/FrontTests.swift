import Basics
import Reporting
import Results
import Specs
import Statistics
import TestSupport
import Testing

@Suite struct FrontTests {
  @Test func `a point beats another one by being nowhere worse and somewhere better`() {
    #expect(Front.beats([1, 2], [1, 1]))
    #expect(!Front.beats([1, 1], [1, 1]))
    #expect(!Front.beats([2, 0], [1, 1]))
  }

  @Test func `the area below a front is that of its steps`() {
    #expect(Front.area([]) == nil)
    #expect(Front.area([[0.5, 0.8]]) == 0.4)
    // Steps of 1 × 0.2, 0.5 × 0.6 more; the point inside adds nothing.
    #expect(abs((Front.area([[0.5, 0.8], [1, 0.2], [0.4, 0.3]]) ?? 0) - (0.2 + 0.3)) < 1e-12)
    #expect(Front.area([[-1, 3]]) == 0)
  }

  /// Two tasks, their singles at 0.5, a base at 0, and merges with the scores given, the same on both splits.
  private func results(_ merges: [(String, [Double], Serving?)]) -> ResultSet {
    let tasks = ["a", "b"].map {
      TaskColumn(
        name: $0, kind: TaskKind("classification"),
        metrics: [MetricColumn(name: "accuracy", higherIsBetter: true)])
    }
    var rows: [ModelRow] = []
    var scores: [ScoreRow] = []
    func add(_ model: String, _ kind: ModelKind, _ learned: [String], _ values: [Double], _ serving: Serving?)
    {
      let seed = kind == .base ? nil : 0
      rows.append(
        ModelRow(
          model: model, kind: kind, recipe: model, settings: "", tasks: learned, seed: seed, steps: 0,
          examples: 0, tokens: 0, bytes: 5000, job: "", serving: serving))
      for (task, value) in zip(["a", "b"], values) {
        for split in [Split.validation, .test] {
          scores.append(
            ScoreRow(
              model: model, seed: seed, task: task, split: split, metric: "accuracy", value: value, n: 10,
              job: ""))
        }
      }
    }
    add("base", .base, [], [0, 0], nil)
    add("single:a", .single, ["a"], [0.5, 0.1], nil)
    add("single:b", .single, ["b"], [0.1, 0.5], nil)
    for (model, values, serving) in merges { add(model, .merge, ["a", "b"], values, serving) }
    return ResultSet(experiment: "e", tasks: tasks, models: rows, scores: scores)
  }

  @Test func `merges of the same tasks are on the front, or beaten by one that is named`() throws {
    let evidence = try Evidence(
      results([("x", [0.5, 0.25], nil), ("y", [0.25, 0.5], nil), ("z", [0.25, 0.25], nil)]))
    let rows = evidence.fronts
    #expect(rows.map(\.isOnFront) == [true, true, false])
    #expect(rows.map(\.beatenBy) == [nil, nil, "x"])
    #expect(rows.map(\.validation) == [[1, 0.5], [0.5, 1], [0.5, 0.5]])
    #expect(rows.allSatisfy { $0.hypervolume == 0.75 })
  }

  @Test func `a model that is told the task beats none that is not`() throws {
    let told = Serving(by: Serving.taskKnown, expertBytes: 2000, passes: 1, flopsPerToken: 0)
    let rows = try Evidence(
      results([("x", [0.5, 0.25], nil), ("t", [0.5, 0.5], told), ("u", [0.25, 0.5], told)])
    ).fronts
    #expect(rows.map(\.isOnFront) == [true, true, false])
    #expect(rows.map(\.beatenBy) == [nil, nil, "t"])
    #expect(rows.map(\.hypervolume) == [0.5, 1, 1])
  }

  @Test func `a model of several parts says who decides, and what it takes beyond one adapter`() throws {
    let serving = Serving(by: "routed by token", expertBytes: 2000, passes: 1, flopsPerToken: 96)
    let files = try Report(results([("x", [0.5, 0.25], serving), ("y", [0.25, 0.5], nil)])).files
    let lines = try #require(files.first { $0.name == "merges.csv" }).text.split(separator: "\n")
    #expect(lines[0].hasSuffix(",bytes,served,extra_bytes,passes,extra_flops"))
    #expect(lines[2].hasSuffix(",5000.0,routed by token,3000.0,1,96.0"))
    #expect(lines[1].hasPrefix("e,base,") && lines[3].hasSuffix(",5000.0,,,,"))
    let page = try #require(files.first { $0.name == "report.md" }).text
    #expect(page.contains("routed by token") && page.contains("one adapter"))
  }
}
