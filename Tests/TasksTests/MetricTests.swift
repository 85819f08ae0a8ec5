import Basics
import Foundation
import Specs
import Tasks
import TestSupport
import Testing

@Suite struct MetricTests {
  static let labels = ["O", "B-ORG", "I-ORG", "B-PER", "I-PER", "B-LOC", "I-LOC"]

  /// Random targets of the metric's kind with something in every class.
  private func targets(_ kind: TaskKind, _ count: Int, _ stream: inout RandomStream) -> [Target] {
    (0..<count).map { item in
      switch kind {
      case .classification: .label(item < 4 ? item : stream.index(below: 4))
      case .regression: .number(stream.normal())
      case .tagging: .tags([1, 2] + (0..<stream.index(below: 9)).map { _ in stream.index(below: 7) })
      }
    }
  }

  private func changed(_ targets: [Target], _ stream: inout RandomStream) -> [Target] {
    targets.map { target in
      switch target {
      case .label: .label(stream.index(below: 5))
      case .number(let number): .number(number + 2 * stream.normal())
      case .tags(let tags): .tags(tags.map { stream.uniform() < 0.5 ? $0 : stream.index(below: 7) })
      }
    }
  }

  @Test(arguments: Metrics.all.entries) func `perfect predictions reach the better end`(metric: Metric) {
    for kind in metric.kinds {
      var stream = RandomStream(seed: 1, metric.name)
      let targets = targets(kind, 50, &stream)
      let best = metric.higherIsBetter ? metric.range.upperBound : metric.range.lowerBound
      #expect(abs(metric.compute(targets, targets, Self.labels) - best) < 1e-15)
    }
  }

  @Test(arguments: Metrics.all.entries) func `worse predictions are not better`(metric: Metric) {
    for kind in metric.kinds {
      var stream = RandomStream(seed: 2, metric.name)
      let targets = targets(kind, 200, &stream)
      let half = Array(changed(Array(targets[..<100]), &stream) + targets[100...])
      let none = changed(Array(targets[..<100]), &stream) + changed(Array(targets[100...]), &stream)
      let better = metric.compute(half, targets, Self.labels)
      let worse = metric.compute(none, targets, Self.labels)
      #expect(metric.higherIsBetter ? better > worse : better < worse)
    }
  }

  @Test(arguments: Metrics.all.entries) func `the order of items does not matter`(metric: Metric) {
    for kind in metric.kinds {
      var stream = RandomStream(seed: 3, metric.name)
      let targets = targets(kind, 80, &stream)
      let predictions = changed(targets, &stream)
      let order = stream.permutation(80)
      let value = metric.compute(predictions, targets, Self.labels)
      let shuffled = metric.compute(order.map { predictions[$0] }, order.map { targets[$0] }, Self.labels)
      #expect(abs(value - shuffled) < 1e-12 * max(1, abs(value)))
    }
  }

  @Test(arguments: Metrics.all.entries) func `values are finite and lie in the range`(metric: Metric) {
    for kind in metric.kinds {
      for seed in 0..<50 {
        var stream = RandomStream(seed: seed, metric.name, "range")
        let targets = Array(targets(kind, 1 + stream.index(below: 8), &stream))
        for predictions in [targets, changed(targets, &stream), targets.map { _ in targets[0] }]
        where kind != .tagging || predictions != targets.map({ _ in targets[0] }) {
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
  }

  private func compare<Item>(_ cases: [Golden.Case<Item>], as target: (Item) -> Target) throws
    -> [String: Int]
  {
    var compared: [String: Int] = [:]
    for (number, golden) in cases.enumerated() {
      for (name, expected) in golden.values.sorted(by: { $0.key < $1.key }) {
        let metric = try Metrics.all.entry(named: name)
        let value = metric.compute(
          golden.predictions.map(target), golden.targets.map(target), Self.labels)
        // 1e-12 where numbers are near 1; SciPy itself loses digits where the mean is 1e8 times the spread.
        let tolerance = golden.values["mse"] != nil && number == cases.count - 1 ? 1e-7 : 1e-12
        #expect(abs(value - expected) <= tolerance * max(1, abs(expected)), "\(name), case \(number)")
        compared[name, default: 0] += 1
      }
    }
    return compared
  }

  @Test func `values equal those of scikit-learn, SciPy and seqeval`() throws {
    let data = try Data(contentsOf: Reference.golden("metrics/metrics.json"))
    let golden = try JSONDecoder().decode(Golden.self, from: data)
    #expect(golden.tags == Self.labels)
    let compared: [TaskKind: [String: Int]] = [
      .classification: try compare(golden.classification) { .label($0) },
      .regression: try compare(golden.regression) { .number($0) },
      .tagging: try compare(golden.tagging) { .tags($0) },
    ]
    for metric in Metrics.all.entries {
      for kind in metric.kinds {
        let count = compared[kind]?[metric.name] ?? 0
        #expect(
          count >= 20, "\(metric.name) of \(kind) has \(count) golden numbers: see Tests/Golden/metrics")
      }
    }
  }
}
