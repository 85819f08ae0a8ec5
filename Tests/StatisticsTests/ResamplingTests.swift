import Basics
import Statistics
import Testing

/// Metrics as sufficient statistics, and what is drawn from them: Tests/Golden/statistics/generate_resampling.py.
@Suite struct ResamplingTests {
  struct Golden: GoldenFile {
    struct Case: Decodable {
      var metric: String
      var targets: [Double]
      var models: [[Double]]
      var value: Double
      var influence: [Double]
      var draws: [Double]
      var jackknife: [Double]
      var percentile: [Double]
      var accelerated: [Double]
      var p: Double
    }
    struct Entities: Decodable {
      var right: [Int]
      var found: [Int]
      var wanted: [Int]
      var value: Double
      var influence: [Double]
    }
    struct Pigeonhole: Decodable {
      var scores: [[Double]]
      var means: [Double]
      var small: [[Double]]
      var variance: Double
    }
    var cases: [Case]
    var entities: Entities
    var pigeonhole: Pigeonhole
  }

  let golden: Golden

  init() throws { golden = try Golden.read("resampling") }

  private func check<Sample: MetricSample>(_ row: Golden.Case, _ samples: [Sample]) throws {
    let first = samples[0]
    #expect(error(first.value, row.value) < 1e-12, "\(row.metric)")
    #expect(distance(first.influence, row.influence) < 1e-8, "\(row.metric)")
    #expect(abs(first.influence.reduce(0, +)) < 1e-11 && !first.isConstant)
    #expect(abs(Estimate.mean(first.pseudoScores) - row.value) < 1e-12)
    let (a, b) = (Array(samples[0...1]), Array(samples[2...3]))
    var stream = RandomStream(seed: 3, "bootstrap", row.metric)
    let draws = ItemBootstrap.differences(a, b, draws: row.draws.count, using: &stream)
    #expect(distance(draws, row.draws) < 1e-11, "\(row.metric)")
    let jackknife = ItemBootstrap.jackknife(a, b)
    #expect(distance(jackknife, row.jackknife) < 1e-11, "\(row.metric)")
    let plain = try #require(BootstrapInterval.percentile(draws))
    #expect(distance([plain.lowerBound, plain.upperBound], row.percentile) < 1e-11)
    let estimate = Estimate.mean(a.map(\.value)) - Estimate.mean(b.map(\.value))
    let accelerated = try #require(
      BootstrapInterval.accelerated(draws, estimate: estimate, jackknife: jackknife))
    #expect(distance([accelerated.lowerBound, accelerated.upperBound], row.accelerated) < 1e-9)
    var swaps = RandomStream(seed: 3, "swaps", row.metric)
    #expect(ApproximateRandomization.p(a, b, draws: 99, using: &swaps) == row.p, "\(row.metric)")
  }

  @Test func `every metric, its influence values, bootstrap, jackknife and swaps`() throws {
    #expect(golden.cases.count == 8)
    for row in golden.cases {
      let classes: [String: ClassMetric] = [
        "accuracy": .accuracy, "macroF1": .macroF1, "weightedF1": .weightedF1, "matthews": .matthews,
      ]
      let numbers: [String: NumberMetric] = [
        "meanSquaredError": .meanSquaredError, "rSquared": .rSquared, "pearson": .pearson,
      ]
      if let metric = classes[row.metric] {
        let targets = row.targets.map { Int($0) }
        try check(row, row.models.map { metric.sample($0.map { Int($0) }, targets, classes: 3) })
      } else if let metric = numbers[row.metric] {
        try check(row, row.models.map { metric.sample($0, row.targets) })
      } else {
        try check(row, row.models.map { RankSample($0, row.targets) })
      }
    }
  }

  @Test func `entity F1 by sentences`() {
    let row = golden.entities
    let sample = RatioMetric.f1(
      row.right.indices.map { (right: row.right[$0], found: row.found[$0], wanted: row.wanted[$0]) })
    #expect(error(sample.value, row.value) < 1e-13)
    #expect(distance(sample.influence, row.influence) < 1e-8)
    #expect(RatioMetric.f1([(right: 0, found: 0, wanted: 0)]).isConstant)
  }

  @Test func `what is constant is a convention and has no influence`() {
    let flat = NumberMetric.pearson.sample([0.3, 0.3, 0.3], [0.1, 0.2, 0.4])
    #expect(flat.isConstant && flat.value == 0 && flat.influence == [0, 0, 0])
    let one = ClassMetric.matthews.sample([1, 1, 1], [0, 1, 1], classes: 2)
    #expect(one.isConstant && one.value == 0 && one.influence == [0, 0, 0])
    #expect(RankSample([2, 2], [1, 3]).isConstant)
    #expect(!ClassMetric.accuracy.sample([1, 1], [0, 1], classes: 2).isConstant)
    #expect(BootstrapInterval.percentile([]) == nil)
    #expect(BootstrapInterval.accelerated([1, 1], estimate: 1, jackknife: [1, 1]) == nil)
  }

  /// The closed form of section 1 is what drawing items gives, but for (n − 1)/n.
  @Test func `the variance of drawn items is that of the influence values`() throws {
    let row = try #require(golden.cases.first { $0.metric == "macroF1" })
    let targets = row.targets.map { Int($0) }
    let samples = row.models.map { ClassMetric.macroF1.sample($0.map { Int($0) }, targets, classes: 3) }
    var stream = RandomStream(seed: 1, "items")
    let draws = ItemBootstrap.differences([samples[0]], [samples[2]], draws: 4000, using: &stream)
    let contrast = CrossedContrast(
      CrossedScores([samples[0].pseudoScores]), CrossedScores([samples[2].pseudoScores]))
    let drawn = try #require(Estimate.variance(draws))
    #expect(abs(drawn / (contrast.itemPart.variance * 39 / 40) - 1) < 0.15)
  }

  @Test func `seeds and items drawn at once`() {
    let row = golden.pigeonhole
    var stream = RandomStream(seed: 3, "pigeonhole")
    let means = PigeonholeBootstrap.means(row.scores, draws: row.means.count, using: &stream)
    #expect(distance(means, row.means) < 1e-13)
    #expect(error(PigeonholeBootstrap.variance(row.small), row.variance) < 1e-12)
  }
}
