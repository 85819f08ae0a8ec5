import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Merging
import TestSupport
import Testing

/// Rules that drop entries, on layers large enough to be streamed in several blocks.
@Suite struct SparseTests {
  private let shape = (rows: 260, columns: 300)

  private func large(_ name: String, rank: Int = 3) -> Adapter {
    let stream = RandomStream(seed: 3, name)
    let site = AdapterSite(
      a: randomMatrix(rank, shape.columns, stream.stream("a")),
      b: randomMatrix(shape.rows, rank, stream.stream("b")), alpha: Double(rank))
    return Adapter(name: name, sites: [("layer", site)])
  }

  private func merged(
    _ models: [Adapter], _ weights: [Double], _ name: String, _ parameters: [String: ParameterValue] = [:],
    seed: Int = 0
  ) throws -> [Float] {
    let whole = parameters.merging(["rank": .number(512)]) { given, _ in given }
    let method = try MergeMethods.all.entry(named: name)
    return dense(try merge(models, weights, method, whole, seed: seed).adapter)
  }

  /// All but the k largest magnitudes zeroed, by sorting.
  private func trimmed(_ values: [Float], _ k: Int, after outliers: Int = 0) -> [Float] {
    let order = values.indices.sorted { (values[$1].magnitude, $0) < (values[$0].magnitude, $1) }
    var result = [Float](repeating: 0, count: values.count)
    for i in order[outliers..<outliers + k] { result[i] = values[i] }
    return result
  }

  @Test(arguments: [0.0001, 0.01, 0.2, 0.5, 0.97])
  func `the largest entries of a matrix are those that sorting finds`(density: Double) throws {
    let model = large("model")
    let expected = trimmed(dense(model), Int(density * Double(shape.rows * shape.columns)))
    let settings: [String: ParameterValue] = ["density": .number(density), "scale": .number(1)]
    for scope in ["tensor", "model"] {
      let given = settings.merging(["trim_scope": .text(scope)]) { $1 }
      #expect(relativeError(try merged([model], [1], "magnitude", given), expected) < 2e-6)
    }
  }

  @Test func `a band and the largest of every row are those that sorting finds`() throws {
    let values = dense(large("model"))
    let count = values.count
    let band = trimmed(values, count / 4, after: count / 10)
    let given: [String: ParameterValue] = [
      "density": .number(0.25), "gamma": .number(0.1), "scale": .number(1),
    ]
    #expect(relativeError(try merged([large("model")], [1], "breadcrumbs", given), band) < 2e-6)
    let rows = (0..<shape.rows).flatMap { row in
      trimmed(Array(values[row * shape.columns..<(row + 1) * shape.columns]), 75, after: 30)
    }
    let byRow = given.merging(["trim_scope": .text("row")]) { $1 }
    #expect(relativeError(try merged([large("model")], [1], "breadcrumbs", byRow), rows) < 2e-6)
  }

  /// Magnitudes of few levels, rising from the first to the last: many are equal, and the first ones tell nothing of all.
  private var levels: [Float] {
    let count = shape.rows * shape.columns
    return (0..<count).map { Float($0 * 9 / count) * ($0 % 3 == 0 ? -0.25 : 0.25) }
  }

  @Test(arguments: [0.05, 0.3, 0.5, 0.9])
  func `of equal magnitudes the first are kept`(density: Double) throws {
    let model = adapter("levels", shape.rows, shape.columns, levels)
    let k = Int(density * Double(levels.count))
    let expected = trimmed(levels, k)
    let given: [String: ParameterValue] = ["density": .number(density), "scale": .number(1)]
    #expect(relativeError(try merged([model], [1], "magnitude", given), expected) < 2e-6)
    let band = given.merging(["gamma": .number(0.04)]) { $1 }
    let outliers = min(Int(0.04 * Double(levels.count)), levels.count - k)
    #expect(
      relativeError(
        try merged([model], [1], "breadcrumbs", band), trimmed(levels, k, after: outliers)) < 2e-6)
  }

  @Test func `of equal variances the first are selected`() throws {
    let model = adapter("levels", shape.rows, shape.columns, levels)
    let opposite = adapter("opposite", shape.rows, shape.columns, levels.map { -$0 })
    let nonzero = levels.filter { $0 != 0 }.count
    let expected = trimmed(levels, Int(0.3 * Double(nonzero)))
    let given: [String: ParameterValue] = ["select_topk": .number(0.3), "scale": .number(1)]
    // Votes of opposite signs sum to zero, which counts as plus: of each pair the positive entry agrees.
    let kept = try merged([model, opposite], [1, 1], "sce@mergekit", given)
    #expect(relativeError(kept, expected.map(\.magnitude)) < 2e-6)
  }

  @Test func `della divides an entry by the probability of its rank in the row`() throws {
    var stream = RandomStream(seed: 5, "clusters")
    // Sizes that share their leading bits, some of them all.
    let values = (0..<shape.rows * shape.columns).map { _ -> Float in
      let size = 1 + Float(stream.index(below: 3)) * 0.5 + Float(stream.index(below: 40)) * 0x1p-20
      return stream.uniform() < 0.5 ? size : -size
    }
    let kept = try merged(
      [adapter("clusters", shape.rows, shape.columns, values)], [1], "della_linear",
      ["density": .number(0.5), "epsilon": .number(0.4), "scale": .number(1)])
    var expected = [Float](repeating: 0, count: values.count)
    for row in 0..<shape.rows {
      let places = row * shape.columns..<(row + 1) * shape.columns
      let order = places.sorted { (values[$0].magnitude, $0) < (values[$1].magnitude, $1) }
      for (rank, place) in order.enumerated() where kept[place].magnitude > 0.5 {
        expected[place] = values[place] / Float(0.1 + 0.8 * Double(rank) / Double(shape.columns - 1))
      }
    }
    #expect(relativeError(kept, expected) < 2e-6)
  }

  @Test func `limits of a whole model see all its layers`() throws {
    let models = [large("one"), large("two")]
    let both = Adapter(
      name: "both",
      sites: zip(["layer.0", "layer.1"], models).map { path, model in
        var site = model.sites[0].delta
        site.alpha *= path == "layer.0" ? 1 : 10
        return (path, site)
      })
    let values = dense(both)
    let given: [String: ParameterValue] = [
      "density": .number(0.3), "scale": .number(1), "trim_scope": .text("model"),
    ]
    let expected = trimmed(values, Int(0.3 * Double(values.count)))
    #expect(relativeError(try merged([both], [1], "magnitude", given), expected) < 2e-6)
  }

  @Test(arguments: ["dare_linear", "dare_ties", "della", "della_linear"])
  func `random rules keep their share and the mean`(name: String) throws {
    let model = large("model")
    let values = dense(model)
    let kept = try merged([model], [1], name, ["density": .number(0.3), "scale": .number(1)])
    let share = Double(kept.filter { $0.magnitude > 1e-4 }.count) / Double(values.count)
    #expect(abs(share - 0.3) < 0.01)
    let along = zip(kept, values).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(along / norm - 1) < 0.03)
  }

  @Test(arguments: ["dare_linear", "della_linear"])
  func `a mask depends on seed, layer and factors of its model alone`(name: String) throws {
    let given: [String: ParameterValue] = ["density": .number(0.5), "scale": .number(1)]
    func masked(_ models: [Adapter], seed: Int = 0) throws -> [Float] {
      try merged(models, models.map { _ in 1 }, name, given, seed: seed)
    }
    let (one, two) = (large("one"), large("two"))
    var nothing = two
    nothing.sites[0].delta.b = Matrix(rows: shape.rows, columns: 3)
    let alone = try masked([one])
    #expect(relativeError(try masked([one, nothing]), alone) < 2e-6)
    #expect(relativeError(try masked([nothing, one]), alone) < 2e-6)
    var louder = one
    louder.sites[0].delta.alpha *= 4
    #expect(relativeError(try masked([louder]), alone.map { $0 * 4 }) < 2e-6)
    #expect(relativeError(try masked([remade(one) { ($0.scaled(by: -1), $1.scaled(by: -1)) }]), alone) > 0.5)
    #expect(relativeError(try masked([one], seed: 1), alone) > 0.5)
    var elsewhere = one
    elsewhere.sites[0].path = "another layer"
    #expect(relativeError(try masked([elsewhere]), alone) > 0.5)
  }

  @Test func `della keeps large entries rather than small ones`() throws {
    let model = large("model")
    let values = dense(model)
    let medians = (0..<shape.rows).map { row in
      values[row * shape.columns..<(row + 1) * shape.columns].map(\.magnitude).sorted()[shape.columns / 2]
    }
    let kept = try merged(
      [model], [1], "della_linear",
      ["density": .number(0.5), "epsilon": .number(0.4), "rescale": .text("none")])
    let keptIndices = kept.indices.filter { kept[$0].magnitude > 0.1 * values[$0].magnitude }
    let large = keptIndices.filter { values[$0].magnitude >= medians[$0 / shape.columns] }.count
    #expect(abs(Double(large) / Double(keptIndices.count) - 0.7) < 0.02)
  }

  @Test(arguments: MergeMethods.all.entries.filter { $0.base != nil && $0.isRule }.map(\.name))
  func `a preset is its row with other defaults`(name: String) throws {
    let preset = try MergeMethods.all.entry(named: name)
    let base = try MergeMethods.all.entry(named: try #require(preset.base))
    #expect(preset.parameters.map(\.name) == base.parameters.map(\.name))
    var settings = Dictionary(uniqueKeysWithValues: preset.parameters.map { ($0.name, $0.defaultValue) })
    settings["rank"] = .number(64)
    let models = Variant(method: preset, parameters: [:]).models
    let weights = [1, 0.5, 0.75]
    let (one, _) = try merge(models, weights, preset, ["rank": .number(64)])
    #expect(dense(one) == dense(try merge(models, weights, base, settings).adapter))
  }

  private func problem(
    _ models: [Adapter], _ name: String, _ parameters: [String: ParameterValue] = [:],
    weights: [Double]? = nil
  ) throws -> String? {
    do {
      _ = try merged(models, weights ?? models.map { _ in 1 }, name, parameters)
      return nil
    } catch let diagnostic as Diagnostic {
      // Other values could do.
      #expect(diagnostic.isRefusal)
      return diagnostic.description
    }
  }

  @Test func `what cannot be merged is refused with what to do`() throws {
    let (one, two) = (large("one"), large("two", rank: 2))
    #expect(
      try problem([one, two], "ties@peft") == """
        error: trim_scope 'factor' takes adapters of one rank; those of 'layer' have 2, 3
          the other scopes take any ranks
        """)
    #expect(
      try problem([one], "della", ["density": .number(0.9)]) == """
        error: density 0.9 ± epsilon 0.15 are not probabilities between 0 and 1
          make epsilon smaller; density 1 drops nothing
        """)
    #expect(
      try problem([one], "consensus") == """
        error: no entry can serve 2 of 1 models: the merge would be zero
          k must be at most the number of models
        """)
    #expect(
      try problem([one, two], "magnitude", ["normalize": .flag(true)], weights: [1, -1]) == """
        error: the weights of the merge sum to zero: no average
          set normalize to false for differences of models
        """)
  }
}
