import Statistics
import Testing

/// Against SciPy: Tests/Golden/statistics/generate_seeds.py.
@Suite struct SeedTests {
  struct Golden: GoldenFile {
    struct Interval: Decodable {
      var values: [Double]
      var mean: Double
      var deviation: Double
      var half_width: Double
    }
    struct Pair: Decodable {
      var candidate: [Double]
      var reference: [Double]
      var p: Double
    }
    struct Family: Decodable {
      var p: [Double]
      var adjusted: [Double]
    }
    var log_gamma: [[Double]]
    var incomplete_beta: [[Double]]
    var cdf: [[Double]]
    var two_sided: [[Double]]
    var quantile: [[Double]]
    var intervals: [Interval]
    var paired: [Pair]
    var holm: [Family]
  }

  let golden: Golden

  init() throws { golden = try Golden.read("seeds") }

  @Test func `special functions equal SciPy's to 1e-10`() {
    #expect(golden.log_gamma.count == 10)
    for row in golden.log_gamma {
      #expect(abs(GammaFunction.log(row[0]) - row[1]) <= 1e-14 * max(1, abs(row[1])), "\(row)")
    }
    #expect(golden.incomplete_beta.count == 90)
    for row in golden.incomplete_beta {
      #expect(error(IncompleteBeta.regularised(row[0], row[1], row[2]), row[3]) < 1e-10, "\(row)")
    }
  }

  @Test func `Student's t equals SciPy's to 1e-10, far tails included`() {
    #expect(golden.cdf.count == 210)
    for row in golden.cdf { #expect(error(StudentT.cdf(row[0], degrees: row[1]), row[2]) < 1e-10, "\(row)") }
    for row in golden.two_sided {
      #expect(error(StudentT.twoSided(row[0], degrees: row[1]), row[2]) < 1e-10, "\(row)")
    }
    for row in golden.quantile {
      #expect(error(StudentT.quantile(row[0], degrees: row[1]), row[2]) < 1e-10, "\(row)")
    }
  }

  @Test func `the distribution function undoes the quantile`() {
    for degrees in 1...40 {
      for p in [0.01, 0.2, 0.5, 0.8, 0.975, 0.9999] {
        let t = StudentT.quantile(p, degrees: Double(degrees))
        #expect(error(StudentT.cdf(t, degrees: Double(degrees)), p) < 1e-13, "\(degrees), \(p)")
      }
    }
  }

  @Test func `means and intervals equal SciPy's`() throws {
    for interval in golden.intervals {
      let estimate = try #require(Estimate(interval.values))
      #expect(error(estimate.mean, interval.mean) < 1e-14)
      #expect(error(try #require(Estimate.deviation(interval.values)), interval.deviation) < 1e-12)
      #expect(error(try #require(estimate.halfWidth), interval.half_width) < 1e-10)
    }
  }

  @Test func `no value has no mean and one value no interval`() throws {
    #expect(Estimate([]) == nil)
    let one = try #require(Estimate([0.5]))
    #expect(one.mean == 0.5)
    #expect(one.halfWidth == nil)
  }

  @Test func `paired tests equal SciPy's`() throws {
    for pair in golden.paired {
      let test = try #require(PairedTest(differences: zip(pair.candidate, pair.reference).map(-), scale: 1))
      #expect(error(try #require(test.p), pair.p) < 1e-9, "\(pair)")
    }
  }

  @Test func `equal differences: no difference has p 1, a steady one cannot be tested`() throws {
    #expect(try #require(PairedTest(differences: [0, 0, 0], scale: 1)).p == 1)
    #expect(try #require(PairedTest(differences: [0.25, 0.25, 0.25], scale: 1)).p == nil)
    // 0.01 three times, but for the rounding of the subtraction.
    let rounded = zip([0.11, 0.7, 0.9] as [Double], [0.1, 0.69, 0.89]).map { $0 - $1 }
    #expect(Set(rounded).count > 1)
    #expect(try #require(PairedTest(differences: rounded, scale: 0.9)).p == nil)
    #expect(try #require(PairedTest(differences: [0.1], scale: 1)).p == nil)
    #expect(PairedTest(differences: [], scale: 1) == nil)
  }

  @Test func `Holm's correction equals the sequentially rejective procedure`() {
    for family in golden.holm {
      let adjusted = Holm.adjusted(family.p).compactMap { $0 }
      #expect(adjusted.count == family.p.count)
      for (ours, theirs) in zip(adjusted, family.adjusted) { #expect(error(ours, theirs) < 1e-14) }
    }
  }

  @Test func `Holm's correction keeps the order, never lowers a value, and passes over missing ones`() {
    for family in golden.holm {
      let adjusted = Holm.adjusted(family.p).compactMap { $0 }
      for (p, corrected) in zip(family.p, adjusted) { #expect(corrected >= p && corrected <= 1) }
      let order = family.p.indices.sorted { family.p[$0] < family.p[$1] }
      for (lower, higher) in zip(order, order.dropFirst()) { #expect(adjusted[lower] <= adjusted[higher]) }
      let gaps = Holm.adjusted([nil] + family.p.flatMap { [$0, nil] })
      #expect(gaps.count == 2 * family.p.count + 1)
      #expect(gaps.compactMap { $0 } == adjusted)
      #expect(gaps[0] == nil && gaps[2] == nil)
    }
    #expect(Holm.adjusted([]).isEmpty)
  }
}
