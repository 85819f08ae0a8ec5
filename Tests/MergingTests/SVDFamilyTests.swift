import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Merging
import TestSupport
import Testing

@Suite struct SVDFamilyTests {
  private let three = [
    randomAdapter("one", rank: 2), randomAdapter("two", rank: 3), randomAdapter("three", rank: 2),
  ]

  private func merged(
    _ name: String, _ models: [Adapter], _ given: [String: ParameterValue] = [:], weights: [Double]? = nil,
    seed: Int = 0
  ) throws -> Adapter {
    let method = try MergeMethods.all.entry(named: name)
    return try merge(models, weights ?? models.map { _ in 1 }, method, given, seed: seed).adapter
  }

  private func spectra(_ adapter: Adapter) throws -> [[Double]] {
    try adapter.sites.map { try adapter.lowRank($0.delta).singularValues().values }
  }

  @Test(
    arguments: [
      ("tsv_m", [:]), ("knots_ties", ["density": .number(1)]), ("core_ties", ["density": .number(1)]),
      ("cart", [:]), ("star", ["eta": .number(1)]), ("wudi_closed_form", ["ridge": .number(0)]), ("svc", [:]),
    ] as [(String, [String: ParameterValue])])
  func `three times the same model is that model`(name: String, parameters: [String: ParameterValue]) throws {
    let copies = [three[1], three[1], three[1]]
    #expect(relativeError(dense(try merged(name, copies, parameters)), dense(three[1])) < 1e-5)
  }

  @Test(arguments: ["iso_c", "iso_cts"])
  func `the singular values of an isotropic merge are equal`(name: String) throws {
    for values in try spectra(try merged(name, three)) {
      #expect(values.count == 7)
      #expect(values.allSatisfy { abs($0 / values[0] - 1) < 1e-5 })
    }
  }

  @Test func `an isotropic merge cut to a rank keeps the directions that were largest`() throws {
    let cut = try merged("iso_c", three, ["rank": .number(2)])
    let sum = try merged("task_arithmetic", three, ["scale": .number(1), "rank": .number(2)])
    for (flat, largest) in zip(cut.sites, sum.sites) {
      let u = try cut.lowRank(flat.delta).singularValues().u
      let v = try sum.lowRank(largest.delta).singularValues().u
      #expect(abs(DoubleMatrix.product(u, v, transposeA: true).norm - 2.0.squareRoot()) < 1e-5)
    }
  }

  @Test func `cart of two models is refused because it is their average`() throws {
    let pair = Array(three.prefix(2))
    #expect(
      throws: Diagnostic.refusal(
        "cart of two models is their average, whatever its fraction and scale",
        hint: "use linear, or merge three models or more")
    ) { try merged("cart", pair) }
  }

  @Test func `cart with all directions kept is the average`() throws {
    let whole = try merged(
      "cart", three, ["fraction": .number(1), "scale": .number(0.7)], weights: [1, 2, 3])
    #expect(relativeError(dense(whole), dense(try merged("linear", three, weights: [1, 2, 3]))) < 1e-6)
  }

  @Test func `tsv_c cuts one model to its best approximation`() throws {
    let model = randomAdapter("model", rank: 4)
    let small = try merged("tsv_c", [model], ["fraction": .number(0.5)])
    let best = try merged("svd", [model], ["rank": .number(2)])
    #expect(small.sites.allSatisfy { $0.delta.rank == 2 })
    #expect(relativeError(dense(small), dense(best)) < 1e-6)
  }

  @Test func `knots_linear is the sum of the changes`() throws {
    let sum = try merged("task_arithmetic", three, ["scale": .number(0.6)], weights: [1, -1, 0.5])
    let knots = try merged("knots_linear", three, ["scale": .number(0.6)], weights: [1, -1, 0.5])
    #expect(dense(knots) == dense(sum))
  }

  @Test(arguments: ["knots_dare_ties", "core_dare_linear", "core_dare_ties"])
  func `dare in shared coordinates draws by seed`(name: String) throws {
    let one = dense(try merged(name, three, seed: 1))
    #expect(dense(try merged(name, three, seed: 1)) == one)
    #expect(relativeError(dense(try merged(name, three, seed: 2)), one) > 0.1)
  }

  @Test func `the mean over many draws of dare is the sum`() throws {
    let sum = dense(try merged("task_arithmetic", three, ["scale": .number(1)]))
    var total = sum.map { _ in 0.0 }
    let draws = 400
    for seed in 0..<draws {
      for (i, value) in dense(try merged("core_dare_linear", three, seed: seed)).enumerated() {
        total[i] += Double(value) / Double(draws)
      }
    }
    // One draw is off by about the sum itself, and the mean of 400 by a twentieth of that.
    #expect(relativeError(total.map { Float($0) }, sum) < 0.1)
  }

  @Test func `wudi in closed form acts as every model on that model's own inputs`() throws {
    let result = try merged("wudi_closed_form", three, ["ridge": .number(0)])
    for model in three {
      for (own, all) in zip(model.sites, result.sites) {
        let delta = model.lowRank(own.delta).dense
        let difference = result.lowRank(all.delta).dense - delta
        #expect(
          DoubleMatrix.product(difference, delta, transposeB: true).norm < 1e-4 * delta.norm * delta.norm)
      }
    }
  }

  @Test func `subspace boosting with a small share raises every singular value to the first`() throws {
    let boosted = try spectra(try merged("subspace_boosting", three))
    let sum = try spectra(try merged("task_arithmetic", three, ["scale": .number(1)]))
    for (values, before) in zip(boosted, sum) {
      #expect(values.count == before.count && values.allSatisfy { abs($0 / before[0] - 1) < 1e-5 })
    }
  }

  @Test func `calibration never makes a direction larger where alpha is one`() throws {
    let sum = try spectra(try merged("task_arithmetic", three, ["scale": .number(1)]))
    let calibrated = try spectra(try merged("svc", three))
    for (before, after) in zip(sum, calibrated) {
      #expect(zip(before, after).allSatisfy { $1 <= $0 * (1 + 1e-6) } && after != before)
    }
  }

  @Test func `opcm keeps the mean norm of the models over all sites and its order`() throws {
    func norm(_ adapter: Adapter) -> Double {
      adapter.sites.reduce(0) {
        let norm = adapter.lowRank($1.delta).norm
        return $0 + norm * norm
      }.squareRoot()
    }
    let forward = try merged("opcm", three)
    let mean = three.reduce(0) { $0 + norm($1) } / 3
    #expect(abs(norm(forward) / mean - 1) < 1e-6)
    #expect(relativeError(dense(try merged("opcm", three.reversed())), dense(forward)) > 1e-3)
  }

  @Test func `weights that sum to zero have no average in cart and star`() throws {
    for name in ["cart", "star"] {
      #expect(
        throws: Diagnostic.refusal(
          "the weights of the merge sum to zero: no average",
          hint: "use task_arithmetic for differences of models")
      ) { try merged(name, three, weights: [1, 1, -2]) }
    }
  }
}
