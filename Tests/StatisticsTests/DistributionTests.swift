import Statistics
import Testing

/// Against SciPy: Tests/Golden/statistics/generate_distributions.py.
@Suite struct DistributionTests {
  struct Golden: GoldenFile {
    struct Loaded: Decodable {
      var t: Double
      var degrees: Double
      var loadings: [Double]
      var value: Double

      init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        t = try values.decode(Double.self)
        degrees = try values.decode(Double.self)
        loadings = try values.decode([Double].self)
        value = try values.decode(Double.self)
      }
    }
    struct Groups: Decodable {
      var groups: [[Double]]
      var control: [Double]
      var t: [Double]
      var adjusted: [Double]
    }
    var digamma: [[Double]]
    var trigamma: [[Double]]
    var tetragamma: [[Double]]
    var normal_cdf: [[Double]]
    var normal_quantile: [[Double]]
    var chi_squared_upper: [[Double]]
    var chi_squared_quantile: [[Double]]
    var f_upper: [[Double]]
    var f_quantile: [[Double]]
    var binomial_cdf: [[Double]]
    var clopper_pearson: [[Double]]
    var fisher: [[Double]]
    var noncentral_t_cdf: [[Double]]
    var range_cdf: [[Double]]
    var range_quantile: [[Double]]
    var dunnett_upper: [Loaded]
    var dunnett: Groups
  }

  let golden: Golden

  init() throws { golden = try Golden.read("distributions") }

  /// The largest relative error over the rows of a table.
  func worst(_ rows: [[Double]], _ function: ([Double]) -> Double) -> Double {
    #expect(!rows.isEmpty)
    return rows.map { row in error(function(row), row[row.count - 1]) }.max() ?? .infinity
  }

  @Test func `derivatives of ln Γ`() {
    #expect(worst(golden.digamma) { GammaFunction.digamma($0[0]) } < 1e-13)
    #expect(worst(golden.trigamma) { GammaFunction.trigamma($0[0]) } < 1e-13)
    #expect(worst(golden.tetragamma) { GammaFunction.tetragamma($0[0]) } < 1e-13)
    for x in [0.01, 0.3, 1, 7, 500] as [Double] {
      #expect(error(GammaFunction.inverseTrigamma(GammaFunction.trigamma(x)), x) < 1e-12)
    }
  }

  @Test func `the normal distribution, far tails included`() {
    #expect(worst(golden.normal_cdf) { Normal.cdf($0[0]) } < 1e-12)
    #expect(worst(golden.normal_quantile) { Normal.quantile($0[0]) } < 1e-13)
  }

  @Test func `χ² and F`() {
    #expect(worst(golden.chi_squared_upper) { ChiSquared.upper($0[0], degrees: $0[1]) } < 1e-11)
    #expect(worst(golden.chi_squared_quantile) { ChiSquared.quantile($0[0], degrees: $0[1]) } < 1e-11)
    #expect(worst(golden.f_upper) { FDistribution.upper($0[0], $0[1], $0[2]) } < 1e-11)
    #expect(worst(golden.f_quantile) { FDistribution.quantile($0[0], $0[1], $0[2]) } < 1e-11)
    #expect(FDistribution.upper(2, 3, .infinity) == ChiSquared.upper(6, degrees: 3))
  }

  @Test func `shares: binomial, Clopper and Pearson, Fisher`() {
    #expect(worst(golden.binomial_cdf) { Binomial.cdf(Int($0[0]), of: Int($0[1]), $0[2]) } < 1e-11)
    #expect(
      worst(golden.fisher) { FisherExact.p(Int($0[0]), of: Int($0[1]), Int($0[2]), of: Int($0[3])) } < 1e-11)
    for row in golden.clopper_pearson {
      let interval = Binomial.interval(Int(row[0]), of: Int(row[1]))
      #expect(error(interval.lowerBound, row[2]) < 1e-11 && error(interval.upperBound, row[3]) < 1e-11)
    }
  }

  @Test func `the noncentral t`() {
    let errors = golden.noncentral_t_cdf.map {
      abs(NoncentralT.cdf($0[0], degrees: $0[1], noncentrality: $0[2]) - $0[3])
    }
    #expect(errors.count == 100)
    #expect(errors.max() ?? 1 < 1e-11)
    // Without noncentrality it is Student's, and large ones do not underflow.
    #expect(abs(NoncentralT.cdf(1.3, degrees: 5, noncentrality: 0) - StudentT.cdf(1.3, degrees: 5)) < 1e-14)
    #expect(abs(NoncentralT.cdf(60, degrees: 1e6, noncentrality: 60) - 0.5) < 1e-3)
  }

  @Test func `the studentized range`() {
    func degrees(_ value: Double) -> Double { value == 0 ? .infinity : value }
    let cdf = golden.range_cdf.map {
      abs(StudentizedRange.cdf($0[0], means: Int($0[1]), degrees: degrees($0[2])) - $0[3])
    }
    #expect(cdf.max() ?? 1 < 1e-9)
    #expect(
      worst(golden.range_quantile) {
        StudentizedRange.quantile($0[0], means: Int($0[1]), degrees: degrees($0[2]))
      }
        < 1e-8)
    // Two means are a t test of √2·t.
    let t = StudentT.quantile(0.975, degrees: 7)
    #expect(abs(StudentizedRange.cdf(t * 2.0.squareRoot(), means: 2, degrees: 7) - 0.95) < 1e-11)
  }

  @Test func `Dunnett's probability and test`() throws {
    for row in golden.dunnett_upper {
      let degrees = row.degrees == 0 ? .infinity : row.degrees
      #expect(abs(Dunnett.upper(row.t, degrees: degrees, loadings: row.loadings) - row.value) < 1e-9)
    }
    let test = try #require(Dunnett(golden.dunnett.groups, control: golden.dunnett.control))
    #expect(error(zip(test.differences, test.errors).map { $0 / $1 }, golden.dunnett.t) < 1e-12)
    #expect(distance(test.adjusted, golden.dunnett.adjusted) < 1e-9)
    // An interval touches zero exactly where the family's level is the p value.
    let widths = test.halfWidths(confidence: 1 - test.adjusted[0])
    #expect(error(widths[0], abs(test.differences[0])) < 1e-8)
    #expect(Dunnett([[1, 1], [1, 1]], control: [1, 1]) == nil)
  }
}
