import Basics
import Foundation
import Specs
import Statistics
import Tasks
import TestSupport
import Testing

/// Metrics that are means over groups of rows: Tests/Golden/metrics/generate_grouped.py.
@Suite struct GroupedMetricTests {
  struct Golden: Decodable {
    struct Case<Item: Decodable>: Decodable {
      var groups: [String]
      var targets: [Item]
      var predictions: [Item]
      var values: [String: Double]
      var errors: [String: Double]
    }
    var classification: Case<Int>
    var regression: Case<Double>
    var tagging: Case<[Int]>
    var multilabel: Case<[Int]>
  }

  private func task(_ kind: TaskKind) -> TaskSpec {
    var task = TaskSpec(
      name: "t", kind: kind, source: .files([:]),
      labels: MetricTests.labels.map { LabelSpec(name: $0, description: $0) }, metrics: ["accuracy"])
    task.by = "group"
    return task
  }

  private func check<Item>(_ golden: Golden.Case<Item>, _ kind: TaskKind, as target: (Item) -> Target) throws
  {
    let wanted = WantedRows(golden.targets.map(target), groups: golden.groups)
    let said = golden.predictions.map(target)
    for (name, expected) in golden.values {
      let metric = try Metrics.all.entry(named: name)
      let value = task(kind).value(of: metric, said, wanted)
      #expect(abs(value - expected) < 1e-12 * max(1, abs(expected)), "\(name)")
      let sample = task(kind).sample(of: metric, said, wanted)
      #expect(abs(sample.value - value) < 1e-12 && !sample.isConstant, "\(name)")
      let scores = sample.pseudoScores
      #expect(abs(Estimate.mean(scores) - value) < 1e-12, "\(name)")
      let error = try #require(Estimate.variance(scores).map { ($0 / Double(scores.count)).squareRoot() })
      // A mean of items has the very error, what is made of them that of the jackknife within groups, nearly.
      let tolerance = ["accuracy", "mse"].contains(name) ? 1e-12 : 0.12
      #expect(abs(error / (golden.errors[name] ?? 0) - 1) < tolerance, "\(name): \(error)")
    }
  }

  @Test func `values and errors equal those of groups in pandas`() throws {
    let golden = try JSONDecoder().decode(
      Golden.self, from: try Data(contentsOf: Reference.golden("metrics/grouped.json")))
    try check(golden.classification, .classification) { .label($0) }
    try check(golden.regression, .regression) { .number($0) }
    try check(golden.tagging, .tagging) { .tags($0) }
    try check(golden.multilabel, .multilabel) { .labels($0) }
  }

  /// 60 rows in groups of 30, 20 and 10, shuffled.
  private func rows(_ seed: Int) -> (said: [Target], wanted: WantedRows) {
    var stream = RandomStream(seed: seed, "grouped")
    let targets = (0..<60).map { _ in Target.label(stream.index(below: 3)) }
    let said = targets.map { stream.uniform() < 0.7 ? $0 : Target.label(stream.index(below: 3)) }
    let groups = stream.permutation(60).map { $0 < 30 ? "a" : $0 < 50 ? "b" : "c" }
    return (said, WantedRows(targets, groups: groups))
  }

  @Test func `one group is all rows, and rows without groups are scored as ever`() throws {
    let (said, wanted) = rows(1)
    let metric = try Metrics.all.entry(named: "macro_f1")
    let plain = metric.compute(said, wanted.targets, MetricTests.labels)
    let whole = WantedRows(wanted.targets, groups: wanted.targets.map { _ in "all" })
    let one = task(.classification).sample(of: metric, said, whole)
    let none = metric.sample(said, wanted.targets, MetricTests.labels)
    #expect(task(.classification).value(of: metric, said, whole) == plain)
    for (a, b) in zip(one.pseudoScores, none.pseudoScores) { #expect(abs(a - b) < 1e-12) }
    var ungrouped = task(.classification)
    ungrouped.by = nil
    #expect(ungrouped.value(of: metric, said, wanted) == plain)
    #expect(task(.classification).value(of: metric, said, wanted) != plain)
  }

  @Test func `other items give what the metric gives of them`() throws {
    let (said, wanted) = rows(2)
    let task = task(.classification)
    for name in ["accuracy", "macro_f1", "matthews"] {
      let metric = try Metrics.all.entry(named: name)
      func value(_ items: [Int]) -> Double {
        let chosen = WantedRows(items.map { wanted.targets[$0] }, groups: items.map { wanted.groups[$0] })
        return task.value(of: metric, items.map { said[$0] }, chosen)
      }
      let sample = task.sample(of: metric, said, wanted)
      var stream = RandomStream(seed: 3, name)
      let drawn = (0..<60).map { _ in stream.index(below: 60) }
      let weights = (0..<60).map { item in drawn.count { $0 == item } }
      #expect(abs(sample.value(weights: weights) - value(drawn)) < 1e-12)
      #expect(abs(sample.value(without: 7) - value((0..<60).filter { $0 != 7 })) < 1e-12)
      // A group of which no item is drawn is in no mean.
      let most = (0..<60).filter { wanted.groups[$0] != "c" }
      let some = (0..<60).map { most.contains($0) ? 1 : 0 }
      #expect(abs(sample.value(weights: some) - value(most)) < 1e-12)
    }
  }

  @Test func `swapping all items of two models swaps their values`() throws {
    let (said, wanted) = rows(4)
    let metric = try Metrics.all.entry(named: "weighted_f1")
    let spec = task(.classification)
    let other = spec.sample(of: metric, Array(said.reversed()), wanted)
    let sample = try #require(spec.sample(of: metric, said, wanted) as? GroupedSample)
    let reversed = try #require(other as? GroupedSample)
    #expect(abs(sample.value(taking: said.map { _ in true }, from: reversed) - reversed.value) < 1e-12)
    #expect(sample.value(taking: said.map { _ in false }, from: reversed) == sample.value)
  }

  @Test func `a convention in one group is one of the mean`() throws {
    let targets = [0, 1, 2, 3].map { Target.number(Double($0)) }
    let metric = try Metrics.all.entry(named: "pearson")
    let said = [1, 2, 5, 5].map { Target.number($0) }
    let wanted = WantedRows(targets, groups: ["a", "a", "b", "b"])
    #expect(task(.regression).sample(of: metric, said, wanted).isConstant)
    #expect(abs(task(.regression).value(of: metric, said, wanted) - 0.5) < 1e-12)
  }

  @Test func `items of one group alone tell nothing of its noise`() throws {
    let metric = try Metrics.all.entry(named: "accuracy")
    let wanted = WantedRows([.label(0), .label(0), .label(1)], groups: ["a", "a", "b"])
    let sample = task(.classification).sample(of: metric, [.label(0), .label(1), .label(1)], wanted)
    #expect(sample.value == 0.75)
    #expect(sample.pseudoScores[2] == 0.75)
  }

  @Test func `a task with groups and rows without them trap`() async {
    await #expect(processExitsWith: .failure) {
      var task = TaskSpec(name: "t", kind: .classification, source: .files([:]), metrics: ["accuracy"])
      task.by = "group"
      let metric = try Metrics.all.entry(named: "accuracy")
      _ = task.value(of: metric, [.label(0)], WantedRows([.label(0)]))
    }
  }
}
