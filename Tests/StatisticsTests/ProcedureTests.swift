import Basics
import Statistics
import Testing

/// Against SciPy, statsmodels, scikit-posthocs and definitions: Tests/Golden/statistics/generate_procedures.py.
@Suite struct ProcedureTests {
  struct Golden: GoldenFile {
    struct Welch: Decodable {
      var a: [Double]
      var b: [Double]
      var p: Double
      var df: Double
      var t: Double
    }
    struct Correction: Decodable {
      var p: [Double]
      var hommel: [Double]
      var bh: [Double]
      var holm: [Double]
    }
    struct Flips: Decodable {
      var differences: [[Double]]
      var adjusted: [Double]
    }
    struct Ranks: Decodable {
      var d: [Double]
      var p: Double
      var positive: Double
    }
    struct Friedman: Decodable {
      var scores: [[Double]]
      var chi: Double
      var p: Double
      var f: Double
      var fP: Double
      var ranks: [Double]
      var nemenyi: [[Double]]
      var cd: Double
      var groups: [[Int]]
    }
    struct Aggregate: Decodable {
      var pool: [Double]
      var iqm: Double
      var first: [[Double]]
      var second: [[Double]]
      var better: Double
    }
    struct Best: Decodable {
      var scores: [Double]
      var rows: [[Double]]
    }
    struct Choices: Decodable {
      var scores: [[[Double]]]
      var fixed: [Double]
      var drawn: [Double]
    }
    struct Planned: Decodable {
      var design: [Double]
      var seedParts: Int
      var r: Int
      var n: Int
      var size: Double
      var seeds: Int
      var stuck: Bool
      var helps: Bool
    }
    var welch: [Welch]
    var corrections: [Correction]
    var maxT: [Flips]
    var mcnemar: [[Double]]
    var equivalence: [[Double]]
    var fieller: [[Double]]
    var wilcoxon: [Ranks]
    var friedman: [Friedman]
    var aggregates: Aggregate
    var bestOf: Best
    var choices: Choices
    var power: [[Double]]
    var designs: [Planned]
  }

  let golden: Golden

  init() throws { golden = try Golden.read("procedures") }

  @Test func `Welch's test`() throws {
    for row in golden.welch {
      let test = try #require(WelchTest(row.a, row.b))
      #expect(error(test.difference / test.error, row.t) < 1e-11)
      #expect(error(test.degrees, row.df) < 1e-11)
      #expect(error(try #require(test.p), row.p) < 1e-9)
    }
    #expect(WelchTest([1], [1, 2]) == nil)
    #expect(try #require(WelchTest([1, 1], [2, 2])).p == nil)
  }

  @Test func `Hommel, Benjamini and Hochberg, Holm`() {
    #expect(golden.corrections.count == 6)
    for family in golden.corrections {
      #expect(error(Hommel.adjusted(family.p), family.hommel) < 1e-12)
      #expect(error(BenjaminiHochberg.adjusted(family.p), family.bh) < 1e-12)
      #expect(error(Holm.adjusted(family.p).compactMap { $0 }, family.holm) < 1e-12)
      for (hommel, holm) in zip(family.hommel, family.holm) { #expect(hommel <= holm + 1e-12) }
    }
    #expect(Hommel.adjusted([]).isEmpty && BenjaminiHochberg.adjusted([]).isEmpty)
  }

  @Test func `max-t over all sign flips, and over drawn ones`() {
    for family in golden.maxT {
      var stream = RandomStream(seed: 0, "flips")
      let exact = MaxT.adjusted(family.differences, using: &stream)
      #expect(error(exact, family.adjusted) < 1e-12)
      let drawn = MaxT.adjusted(family.differences, draws: 2, using: &stream)
      #expect(drawn.allSatisfy { [1.0 / 3, 2.0 / 3, 1].contains($0) })
    }
  }

  @Test func `McNemar's exact and mid-p values`() {
    for row in golden.mcnemar {
      let test = McNemar(first: Int(row[0]), second: Int(row[1]))
      #expect(error(test.exact, row[2]) < 1e-11 && error(test.midP, row[3]) < 1e-11, "\(row)")
    }
    let counted = McNemar([true, true, false, false, true], [true, false, true, false, false])
    #expect(counted == McNemar(first: 2, second: 1))
  }

  @Test func `equal within a margin, and the smallest such margin`() {
    for row in golden.equivalence {
      let p = EquivalenceTest.p(row[0], error: row[1], degrees: row[2], margin: row[3])
      #expect(error(p, row[4]) < 1e-9)
      let margin = EquivalenceTest.smallestMargin(row[0], error: row[1], degrees: row[2])
      #expect(error(margin, row[5]) < 1e-10)
      #expect(error(EquivalenceTest.p(row[0], error: row[1], degrees: row[2], margin: margin), 0.05) < 1e-9)
    }
  }

  @Test func `Fieller's set, bounded or not`() {
    for row in golden.fieller {
      let set = Fieller(
        numerator: row[0], denominator: row[1], variances: (row[2], row[3]), covariance: row[4],
        quantile: row[5])
      #expect((set.interval == nil) == (row.count == 6))
      guard let interval = set.interval else { continue }
      #expect(distance([interval.lowerBound, interval.upperBound], Array(row[6...])) < 1e-12)
    }
  }

  @Test func `Wilcoxon's test with ties and zeros`() {
    for row in golden.wilcoxon {
      let test = WilcoxonTest(row.d)
      #expect(error(test.p, row.p) < 1e-12 && test.positive == row.positive)
      #expect(test.positive + test.negative == Double(test.count * (test.count + 1)) / 2)
    }
  }

  @Test func `Friedman, Iman and Davenport, Nemenyi, groups`() throws {
    for row in golden.friedman {
      let test = try #require(FriedmanTest(row.scores))
      #expect(error(test.chiSquared, row.chi) < 1e-11 && error(test.p, row.p) < 1e-10)
      #expect(error(test.f, row.f) < 1e-10 && error(test.fP, row.fP) < 1e-9)
      #expect(error(test.meanRanks, row.ranks) < 1e-12)
      for (ours, theirs) in zip(test.nemenyi, row.nemenyi) { #expect(distance(ours, theirs) < 1e-8) }
      #expect(error(test.criticalDifference(), row.cd) < 1e-8)
      #expect(test.groups() == row.groups)
    }
    #expect(FriedmanTest([[1, 1], [2, 2]]) == nil)
    #expect(try #require(FriedmanTest([[1, 2, 3], [1, 2, 3]])).fP == 0)
  }

  @Test func `middle half, chance of improvement, and their bootstrap`() throws {
    let row = golden.aggregates
    #expect(error(try #require(Aggregates.interquartileMean(row.pool)), row.iqm) < 1e-13)
    let better = try #require(Aggregates.probabilityOfImprovement(row.first, over: row.second))
    #expect(error(better, row.better) < 1e-13)
    var stream = RandomStream(seed: 0, "strata")
    let draws = Aggregates.stratified(row.first, row.second, draws: 400, using: &stream) {
      Aggregates.probabilityOfImprovement($0, over: $1)
    }
    #expect(draws.count == 400)
    // The mean of the draws is the value: each pair is drawn as often as any other.
    #expect(abs(Estimate.mean(draws) - row.better) < 4 * (try #require(Estimate.deviation(draws))) / 20)
    #expect(Aggregates.interquartileMean([]) == nil)
  }

  @Test func `the best of some tries`() throws {
    for row in golden.bestOf.rows {
      let k = Int(row[0])
      #expect(error(try #require(ExpectedBest.withRepetition(golden.bestOf.scores, of: k)), row[1]) < 1e-12)
      #expect(
        error(try #require(ExpectedBest.withoutRepetition(golden.bestOf.scores, of: k)), row[2]) < 1e-12)
    }
    #expect(ExpectedBest.withoutRepetition([1, 2], of: 3) == nil)
  }

  @Test func `how often each candidate is chosen`() {
    var stream = RandomStream(seed: 4, "choices")
    #expect(
      error(ChoiceFrequency.shares(golden.choices.scores, draws: 0, using: &stream), golden.choices.fixed)
        < 1e-14)
    #expect(
      error(ChoiceFrequency.shares(golden.choices.scores, draws: 50, using: &stream), golden.choices.drawn)
        < 1e-14)
  }

  @Test func `detectable differences and power`() {
    for row in golden.power {
      #expect(error(DetectableDifference.factor(degrees: row[0], alpha: row[1]), row[2]) < 1e-9)
      #expect(error(DetectableDifference.power(1.7, degrees: row[0], alpha: row[1]), row[3]) < 1e-9)
    }
  }

  @Test func `what would decide`() {
    for row in golden.designs {
      let design = Design(
        seeds: row.design[0], items: row.design[1], residual: row.design[2], seedParts: row.seedParts)
      switch design.need(size: row.size, seeds: row.r, items: row.n) {
      case .seeds(let count): #expect(!row.stuck && count == row.seeds)
      case .manySeeds: #expect(row.seeds == 0)
      case .items(let count):
        #expect(row.stuck && row.helps)
        let part = design.variance(seeds: row.r, items: count)
        #expect(DetectableDifference.factor(degrees: part.degrees) * part.variance.squareRoot() <= row.size)
      case .both: #expect(row.stuck && !row.helps)
      }
    }
  }
}
