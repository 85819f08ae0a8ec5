import Basics
import Foundation
import Specs
import Statistics
import Tasks
import TestSupport
import Testing

@Suite struct MetricTests {
  static let labels = ["O", "B-ORG", "I-ORG", "B-PER", "I-PER", "B-LOC", "I-LOC"]

  /// Random targets of a form with something in every class.
  private func targets(_ form: Target.Form, _ count: Int, _ stream: inout RandomStream) -> [Target] {
    (0..<count).map { item in
      switch form {
      case .label: .label(item < 4 ? item : stream.index(below: 4))
      case .number: .number(stream.normal())
      case .tags: .tags([1, 2] + (0..<stream.index(below: 9)).map { _ in stream.index(below: 7) })
      case .labels: .labels(item < 4 ? [item] : some(of: 4, &stream))
      }
    }
  }

  private func some(of count: Int, _ stream: inout RandomStream) -> [Int] {
    (0..<count).filter { _ in stream.uniform() < 0.5 }
  }

  private func changed(_ targets: [Target], _ stream: inout RandomStream) -> [Target] {
    targets.map { target in
      switch target {
      case .label: .label(stream.index(below: 5))
      case .number(let number): .number(number + 2 * stream.normal())
      case .tags(let tags): .tags(tags.map { stream.uniform() < 0.5 ? $0 : stream.index(below: 7) })
      case .labels: .labels(some(of: 5, &stream))
      }
    }
  }

  @Test(arguments: Metrics.all.entries) func `perfect predictions reach the better end`(metric: Metric) {
    for form in metric.forms {
      var stream = RandomStream(seed: 1, metric.name)
      let targets = targets(form, 50, &stream)
      let best = metric.higherIsBetter ? metric.range.upperBound : metric.range.lowerBound
      #expect(abs(metric.compute(targets, targets, Self.labels) - best) < 1e-15)
    }
  }

  /// By name, form of targets and revision: the value over the same predictions as ever.
  private static let values: [String: Double] = [
    "accuracy labels 1": 0.3, "macro_f1 labels 1": 0.2686813186813187,
    "weighted_f1 labels 1": 0.3493818681318681,
    "matthews labels 1": 0.16225679706999568, "mse numbers 1": 4.708905153432948,
    "r2 numbers 1": -2.409818997516555,
    "pearson numbers 1": 0.689699745553089, "spearman numbers 1": 0.6709193245778612,
    "entity_f1 tags 1": 0.42718446601941745, "token_accuracy tags 1": 0.5527426160337553,
    "accuracy sets 1": 0, "macro_f1 sets 1": 0.38359422128522297, "weighted_f1 sets 1": 0.4800072515494521,
    "micro_f1 sets 1": 0.42857142857142855,
  ]

  @Test(arguments: Metrics.all.entries)
  func `another value of the same predictions has another revision`(metric: Metric) throws {
    for form in metric.forms {
      let (row, value) = valueOfRevision(metric, form)
      guard let known = Self.values[row] else { continue }
      #expect(
        abs(known - value) < 1e-12,
        "'\(row)' is \(value) now: raise the revision of the metric, and add it here under that")
    }
  }

  /// The row of `values` that a metric needs for a form of targets, and what it gives now.
  private func valueOfRevision(_ metric: Metric, _ form: Target.Form) -> (row: String, value: Double) {
    var stream = RandomStream(seed: 5, "revision")
    let targets = targets(form, 40, &stream)
    let value = metric.compute(changed(targets, &stream), targets, Self.labels)
    return ("\(metric.name) \(form.rawValue) \(metric.revision)", value)
  }

  @Test(arguments: Metrics.all.entries) func `worse predictions are not better`(metric: Metric) {
    for form in metric.forms {
      var stream = RandomStream(seed: 2, metric.name)
      let targets = targets(form, 200, &stream)
      let half = Array(changed(Array(targets[..<100]), &stream) + targets[100...])
      let none = changed(Array(targets[..<100]), &stream) + changed(Array(targets[100...]), &stream)
      let better = metric.compute(half, targets, Self.labels)
      let worse = metric.compute(none, targets, Self.labels)
      #expect(metric.higherIsBetter ? better > worse : better < worse)
    }
  }

  @Test(arguments: Metrics.all.entries)
  func `sufficient statistics give the metric again, with repeated items too`(metric: Metric) {
    for form in metric.forms {
      var stream = RandomStream(seed: 4, metric.name)
      let targets = targets(form, 60, &stream)
      let predictions = changed(targets, &stream)
      let sample = metric.sample(predictions, targets, Self.labels)
      #expect(abs(sample.value - metric.compute(predictions, targets, Self.labels)) < 1e-12)
      let order = (0..<60).map { _ in stream.index(below: 60) }
      let weights = (0..<60).map { item in order.count { $0 == item } }
      let drawn = metric.compute(order.map { predictions[$0] }, order.map { targets[$0] }, Self.labels)
      #expect(abs(sample.value(weights: weights) - drawn) < 1e-12)
      let mean = sample.pseudoScores.reduce(0, +) / 60
      #expect(abs(mean - sample.value) < 1e-12)
    }
  }

  @Test func `a metric that nobody has taken apart has nearly the influences of one that somebody has`() {
    let plain = Metric("plain", "accuracy by counting", of: [.label], compute: Metrics.all.entries[0].compute)
    var stream = RandomStream(seed: 5, "plain")
    let targets = targets(.label, 60, &stream)
    let predictions = changed(targets, &stream)
    let known = Metrics.all.entries[0].sample(predictions, targets, Self.labels)
    let found = plain.sample(predictions, targets, Self.labels)
    for (a, b) in zip(known.pseudoScores, found.pseudoScores) { #expect(abs(a - b) < 1e-9) }
    #expect(abs(found.value(without: 3) - known.value(without: 3)) < 1e-12)
  }

  @Test(arguments: Metrics.all.entries) func `the order of items does not matter`(metric: Metric) {
    for form in metric.forms {
      var stream = RandomStream(seed: 3, metric.name)
      let targets = targets(form, 80, &stream)
      let predictions = changed(targets, &stream)
      let order = stream.permutation(80)
      let value = metric.compute(predictions, targets, Self.labels)
      let shuffled = metric.compute(order.map { predictions[$0] }, order.map { targets[$0] }, Self.labels)
      #expect(abs(value - shuffled) < 1e-12 * max(1, abs(value)))
    }
  }

  @Test(arguments: Metrics.all.entries) func `values are finite and lie in the range`(metric: Metric) {
    for form in metric.forms {
      for seed in 0..<50 {
        var stream = RandomStream(seed: seed, metric.name, "range")
        let targets = Array(targets(form, 1 + stream.index(below: 8), &stream))
        for predictions in [targets, changed(targets, &stream), targets.map { _ in targets[0] }]
        where form != .tags || predictions != targets.map({ _ in targets[0] }) {
          let value = metric.compute(predictions, targets, Self.labels)
          #expect(value.isFinite && metric.range.contains(value), "\(value)")
        }
      }
    }
  }

  @Test(arguments: Metrics.all.entries) func `every metric suits a kind and says what it is`(metric: Metric) {
    #expect(!metric.kinds.isEmpty && !metric.summary.isEmpty)
    #expect((metric.range.lowerBound == 0 && !metric.higherIsBetter) || metric.range.upperBound == 1)
  }

  @Test func `an empty set traps`() async {
    await #expect(processExitsWith: .failure) {
      _ = try Metrics.all.entry(named: "accuracy").compute([], [], [])
    }
  }

  @Test func `two lengths trap`() async {
    await #expect(processExitsWith: .failure) {
      _ = try Metrics.all.entry(named: "mse").compute([.number(1)], [], [])
    }
  }

  // MARK: golden values

  struct Golden: Decodable {
    struct Case<Item: Decodable>: Decodable {
      var targets: [Item]
      var predictions: [Item]
      var values: [String: Double]
    }
    var tags: [String]
    var classification: [Case<Int>]
    var regression: [Case<Double>]
    var tagging: [Case<[Int]>]
    var multilabel: [Case<[Int]>]
  }

  private static func golden() throws -> Golden {
    try JSONDecoder().decode(
      Golden.self, from: try Data(contentsOf: Reference.golden("metrics/metrics.json")))
  }

  /// What each metric lacks: 20 golden numbers of each form of targets that it measures, and its row of `values`.
  static func owed() throws -> [(metric: String, owed: [String])] {
    let golden = try golden()
    return Metrics.all.entries.map { metric in
      var owed: [String] = []
      for form in metric.forms {
        let values =
          switch form {
          case .label: golden.classification.map(\.values)
          case .number: golden.regression.map(\.values)
          case .tags: golden.tagging.map(\.values)
          case .labels: golden.multilabel.map(\.values)
          }
        let count = values.count { $0[metric.name] != nil }
        if count < 20 {
          owed.append(
            "golden numbers of a target that is \(form), of which there are \(count): add it to "
              + "Tests/Golden/metrics/generate_metrics.py with an independent program, and run that")
        }
        let (row, value) = MetricTests().valueOfRevision(metric, form)
        if Self.values[row] == nil {
          owed.append("a row in the values of Tests/TasksTests/MetricTests.swift: \"\(row)\": \(value)")
        }
      }
      return (metric.name, owed)
    }.filter { !$0.owed.isEmpty }
  }

  @Test func `every metric has all that it owes`() throws {
    for (metric, owed) in try Self.owed() {
      Issue.record(
        """
        metric '\(metric)' owes
        - \((owed + ["its line of Metrics.md: UPDATE_SNAPSHOTS=1 make test FILTER=MetricPageTests"]).joined(separator: "\n- "))
        """)
    }
  }

  private func compare<Item>(_ cases: [Golden.Case<Item>], as target: (Item) -> Target) throws {
    for (number, golden) in cases.enumerated() {
      for (name, expected) in golden.values.sorted(by: { $0.key < $1.key }) {
        let metric = try Metrics.all.entry(named: name)
        let value = metric.compute(
          golden.predictions.map(target), golden.targets.map(target), Self.labels)
        // 1e-12 where numbers are near 1; SciPy itself loses digits where the mean is 1e8 times the spread.
        let tolerance = golden.values["mse"] != nil && number == cases.count - 1 ? 1e-7 : 1e-12
        #expect(abs(value - expected) <= tolerance * max(1, abs(expected)), "\(name), case \(number)")
      }
    }
  }

  @Test func `values equal those of scikit-learn, SciPy and seqeval`() throws {
    let golden = try Self.golden()
    #expect(golden.tags == Self.labels)
    try compare(golden.classification) { .label($0) }
    try compare(golden.regression) { .number($0) }
    try compare(golden.tagging) { .tags($0) }
    try compare(golden.multilabel) { .labels($0) }
  }

  @Test func `ranks come to an end where numbers are none`() throws {
    let spearman = try Metrics.all.entry(named: "spearman")
    let value = spearman.compute(
      [.number(.nan), .number(1), .number(.nan)], [.number(1), .number(2), .number(3)], [])
    #expect((-1...1).contains(value))
  }
}
