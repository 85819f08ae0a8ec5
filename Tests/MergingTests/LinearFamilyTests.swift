import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Merging
import TestSupport
import Testing

/// A rule whose coefficients come from inner products, with one setting.
struct GramRule: Sendable, CustomTestStringConvertible {
  let name: String
  var parameters: [String: ParameterValue] = [:]

  /// Every rule of the linear and the spherical family that averages, with every setting of its flags and words.
  static let averages = [
    GramRule(name: "linear"),
    GramRule(name: "metagpt"),
    GramRule(name: "metagpt", parameters: ["norm_scope": .text("tensor")]),
    GramRule(name: "lines", parameters: ["beta": .number(0)]),
    GramRule(name: "model_stock"),
    GramRule(name: "model_stock", parameters: ["clamp": .flag(true)]),
    GramRule(name: "model_stock", parameters: ["filter_wise": .flag(true)]),
    GramRule(name: "fedavg"),
    GramRule(name: "fedavg", parameters: ["weighting": .text("nova")]),
    GramRule(name: "fedavg", parameters: ["weighting": .text("gma")]),
    GramRule(name: "fedavg", parameters: ["weighting": .text("median")]),
    GramRule(name: "fedavg", parameters: ["weighting": .text("cclip")]),
    GramRule(name: "slerp"),
    GramRule(name: "nuslerp"),
    GramRule(name: "nuslerp", parameters: ["nuslerp_flatten": .flag(false)]),
    GramRule(
      name: "nuslerp", parameters: ["nuslerp_flatten": .flag(false), "nuslerp_row_wise": .flag(true)]),
    GramRule(name: "multislerp"),
    GramRule(name: "multislerp", parameters: ["eps": .number(0.01)]),
    GramRule(name: "karcher"),
    GramRule(name: "self_positioning"),
    GramRule(name: "karcher", parameters: ["max_iter": .number(100), "tol": .number(1e-7)]),
  ]

  /// Those that know no rows, columns or entries.
  static let rotating = averages.filter {
    $0.parameters["filter_wise"] == nil && $0.parameters["nuslerp_flatten"] == nil
      && $0.parameters["weighting"] != .text("gma") && $0.parameters["weighting"] != .text("median")
  }

  /// The merge of as many of the models as the method takes.
  func merged(_ models: [Adapter], _ weights: [Double]) throws -> Adapter {
    let method = try MergeMethods.all.entry(named: name)
    let count = min(models.count, method.models.upperBound)
    return try merge(Array(models.prefix(count)), Array(weights.prefix(count)), method, parameters).adapter
  }

  var testDescription: String { "\(name) \(parameters.sorted { $0.key < $1.key }.map { "\($0): \($1)" })" }
}

@Suite struct LinearFamilyTests {
  private let models = [
    randomAdapter("one", rank: 2), randomAdapter("two", rank: 3, alpha: 2, rslora: true),
    randomAdapter("three", rank: 1),
  ]
  private let weights = [1.0, 0.5, 0.75]

  @Test(arguments: GramRule.averages)
  func `copies of one model merge to it`(_ rule: GramRule) throws {
    let copies = [models[1], rotated(models[1]), padded(models[1], by: 2)]
    #expect(relativeError(dense(try rule.merged(copies, [1, 1, 1])), dense(models[1])) < 1e-6)
  }

  @Test(arguments: GramRule.averages)
  func `order and factors make no difference under any setting`(_ rule: GramRule) throws {
    let merged = dense(try rule.merged([models[0], models[1]], [1, 0.5]))
    let others = [rotated(models[1]), padded(models[0], by: 2)]
    #expect(relativeError(dense(try rule.merged(others, [0.5, 1])), merged) < 2e-6)
  }

  @Test(arguments: GramRule.rotating)
  func `turning the outputs of all models turns the merged change`(_ rule: GramRule) throws {
    let turned = try rule.merged(models.map(turnedOutputs), weights)
    let expected = turnedOutputs(try rule.merged(models, weights))
    #expect(relativeError(dense(turned), dense(expected)) < 1e-6)
  }

  @Test func `nuslerp goes along columns as it goes along the rows of the transposes`() throws {
    let rows = GramRule(name: "nuslerp", parameters: ["nuslerp_flatten": .flag(false)])
    let columns = GramRule(
      name: "nuslerp", parameters: rows.parameters.merging(["nuslerp_row_wise": .flag(true)]) { $1 })
    let merged = try columns.merged(models, weights)
    let other = transposed(try rows.merged(models.map(transposed), weights))
    #expect(relativeError(dense(other), dense(merged)) < 1e-6)
    #expect(relativeError(dense(try rows.merged(models, weights)), dense(merged)) > 1e-3)
  }

  /// Three 2 × 3 matrices whose merges can be followed by hand.
  private let tiny = [
    adapter("1", 2, 3, [1, -2, 0.5, 0, 3, -0.1]), adapter("2", 2, 3, [0.8, 1, -0.5, 0.2, -1, 0.4]),
    adapter("3", 2, 3, [-0.3, -1.5, 0, 0.6, 2, 0.3]),
  ]

  @Test(
    arguments: [
      ("metagpt", [:], [1, 1, 1], [0.608741, -1.475352, 0.231359, 0.194366, 2.206711, 0.076512]),
      ("model_stock", [:], [1, 1, 1], [-0.446062, 0.743438, 0, -0.2379, -1.1895, -0.178425]),
      ("model_stock", ["clamp": ParameterValue.flag(true)], [1, 1, 1], [0, 0, 0, 0, 0, 0]),
      ("fedavg", ["weighting": .text("median")], [1, 1, 1], [0.8, -1.5, 0, 0.2, 2, 0.3]),
      (
        "fedavg", ["weighting": .text("gma"), "scale": .number(3)], [1, 1, 1],
        [0.5, -0.833333, 0, 0.533333, 1.333333, 0.2]
      ),
      (
        "fedavg", ["weighting": .text("nova")], [100, 200, 300],
        [0.866667, -1.333333, 0.166667, 0.2, 2.111111, 0.133333]
      ),
      ("karcher", [:], [1, 1, 1], [1.642388, -0.633294, -0.568022, 0.826202, 1.585547, 0.862656]),
      ("multislerp", [:], [1, 0.5, 0.5], [1.126272, -1.380667, -0.025419, 0.44558, 2.315136, 0.375232]),
    ] as [(String, [String: ParameterValue], [Double], [Float])])
  func `tiny matrices merge to the numbers worked out apart`(
    name: String, parameters: [String: ParameterValue], weights: [Double], expected: [Float]
  ) throws {
    let merged = try GramRule(name: name, parameters: parameters).merged(tiny, weights)
    #expect(relativeError(dense(merged), expected) < 2e-6)
  }

  @Test func `slerp of two vectors stops a quarter along the arc`() throws {
    let vectors = [adapter("a", 1, 3, [1, 0, 1]), adapter("b", 1, 3, [0, 2, 0.5])]
    func at(_ t: Double, _ weights: [Double] = [1, 1]) throws -> [Float] {
      dense(try GramRule(name: "slerp", parameters: ["t": .number(t)]).merged(vectors, weights))
    }
    #expect(relativeError(try at(0.25), [0.879879, 0.695368, 1.053721]) < 1e-6)
    #expect(relativeError(try at(0), [1, 0, 1]) < 1e-6)
    #expect(relativeError(try at(1), [0, 2, 0.5]) < 1e-6)
    // Weights of 3 and 1 move the middle there.
    #expect(relativeError(try at(0.5, [3, 1]), [0.879879, 0.695368, 1.053721]) < 1e-6)
    let turned = [vectors[1], vectors[0]]
    let back = try GramRule(name: "slerp", parameters: ["t": .number(0.75)]).merged(turned, [1, 1])
    #expect(relativeError(dense(back), [0.879879, 0.695368, 1.053721]) < 1e-6)
  }

  @Test(arguments: ["slerp", "nuslerp"])
  func `parallel and opposite changes are joined by the line between them`(name: String) throws {
    let one = adapter("a", 2, 2, [1, 2, 3, 4])
    for other in [2, -3] as [Float] {
      let second = adapter("b", 2, 2, [1, 2, 3, 4].map { $0 * other })
      let merged = try GramRule(name: name).merged([one, second], [1, 1])
      #expect(relativeError(dense(merged), [1, 2, 3, 4].map { $0 * (1 + other) / 2 }) < 1e-6)
    }
  }

  @Test func `opposite changes have a line but no Karcher arc between them`() throws {
    let models = [adapter("a", 1, 2, [3, 4]), adapter("b", 1, 2, [-6, -8])]
    let karcher = try GramRule(name: "karcher").merged(models, [1, 1])
    #expect(relativeError(dense(karcher), [4.5, 6]) < 1e-6)
    let mean = try GramRule(name: "multislerp").merged(models, [1, 1])
    #expect(relativeError(dense(mean), [-1.5, -2]) < 1e-6)
  }
}

@Suite struct TaskArithmeticTests {
  private let a = randomAdapter("a", rank: 2)
  private let b = randomAdapter("b", rank: 3, rslora: true)
  private let c = randomAdapter("c", rank: 1)

  private func sum(_ models: [Adapter], _ weights: [Double]) throws -> (adapter: Adapter, sites: [MergedSite])
  {
    try merge(
      models, weights, MergeMethods.all.entry(named: "task_arithmetic"), ["scale": .number(1)])
  }

  @Test func `a negative weight negates a change, not both of its factors`() throws {
    #expect(relativeError(dense(try sum([a], [-1]).adapter), dense(a).map { -$0 }) < 1e-6)
    #expect(relativeError(dense(try sum([a], [-0.5]).adapter), dense(a).map { $0 / -2 }) < 1e-6)
  }

  @Test func `what is added and taken away again is gone, and its rank with it`() throws {
    let merged = try sum([a, b, a], [1, 1, -1])
    #expect(relativeError(dense(merged.adapter), dense(b)) < 1e-6)
    #expect(merged.sites.map(\.rank) == [3, 3, 3])
    let nothing = try sum([a, rotated(a)], [1, -1])
    let both = zip(dense(nothing.adapter), dense(a)).map { $0 + $1 }
    #expect(relativeError(both, dense(a)) < 1e-6)
  }

  @Test func `C is to the analogy as A is to B`() throws {
    let d = try sum([a, b, c], [-1, 1, 1]).adapter
    #expect(relativeError(dense(try sum([d, a, b], [1, 1, -1]).adapter), dense(c)) < 1e-5)
    #expect(relativeError(dense(try sum([a, padded(a, by: 1), c], [-1, 1, 1]).adapter), dense(c)) < 1e-6)
  }
}

@Suite struct LayerScalingTests {
  /// One number per layer.
  private func numbers(_ paths: [String]) -> Adapter {
    let one = Matrix(rows: 1, columns: 1, values: [1])
    return Adapter(name: "ones", sites: paths.map { ($0, AdapterSite(a: one, b: one, alpha: 1)) })
  }

  private func factors(_ paths: [String], _ parameters: [String: ParameterValue]) throws -> [String: Float] {
    let merged = try GramRule(name: "lines", parameters: parameters).merged([numbers(paths)], [1])
    return Dictionary(
      uniqueKeysWithValues: merged.sites.map { ($0.path, merged.lowRank($0.delta).dense.floats[0]) })
  }

  @Test func `every stack of blocks is counted from its first to its last block`() throws {
    let paths = [
      "text.layer.0.up", "text.layer.1.experts.7.up", "text.layer.2.up", "vision.0.up", "vision.4.up",
      "lone.0.up",
      "head", "classifier.9",
    ]
    let found = try factors(paths, ["alpha": .number(0.5), "beta": .number(2)])
    let expected: [String: Float] = [
      "text.layer.0.up": 0.5, "text.layer.1.experts.7.up": 1.5, "text.layer.2.up": 2.5, "vision.0.up": 0.5,
      "vision.4.up": 2.5, "lone.0.up": 0.5, "head": 0.5, "classifier.9": 0.5,
    ]
    #expect(found.keys.sorted() == expected.keys.sorted())
    for (path, factor) in expected { #expect(abs((found[path] ?? 0) - factor) < 1e-6, "\(path)") }
  }

  @Test func `a model of more blocks than the adapter shows is told so`() throws {
    let found = try factors(
      ["layer.0.up", "layer.2.up"], ["beta": .number(1), "num_blocks": .number(5)])
    #expect(abs((found["layer.2.up"] ?? 0) - 1.5) < 1e-6)
    #expect(abs((found["layer.0.up"] ?? 0) - 1) < 1e-6)
  }
}

@Suite struct LinearFamilyErrorTests {
  private func problem(
    _ name: String, _ adapters: [Adapter], _ weights: [Double]
  ) throws -> String? {
    let method = try MergeMethods.all.entry(named: name)
    do {
      _ = try merge(adapters, weights, method)
      return nil
    } catch let diagnostic as Diagnostic {
      return diagnostic.description
    }
  }

  @Test(arguments: ["slerp", "nuslerp"])
  func `an arc has two ends`(name: String) throws {
    let models = (0..<3).map { randomAdapter("m\($0)", rank: 1) }
    #expect(
      try problem(name, models, [1, 1, 1]) == """
        error: merge method '\(name)' takes at most 2 models, not 3
          models of weight zero do not count
        """)
    #expect(try problem(name, models, [1, 0, 1]) == nil)
  }

  @Test func `directions that cancel out have no mean`() throws {
    let one = adapter("a", 1, 2, [3, 4])
    let other = adapter("b", 1, 2, [-3, -4])
    #expect(
      try problem("multislerp", [one, one, other], [1, 1, 2]) == """
        error: the weighted directions of 'layer' cancel out: there is no mean direction
          change a weight, or use linear
        """)
  }

  @Test(arguments: ["linear", "model_stock", "multislerp", "karcher"])
  func `weights that cancel out have no average`(name: String) throws {
    let one = randomAdapter("one", rank: 2)
    #expect(
      try problem(name, [one, one], [1, -1]) == """
        error: the weights of the merge sum to zero: no average
          use task_arithmetic for differences of models
        """)
  }
}

/// Q·ΔW with one orthogonal Q per number of outputs.
private func turnedOutputs(_ adapter: Adapter) -> Adapter {
  remade(adapter) { b, a in
    let q = DoubleMatrix(randomMatrix(b.rows, b.rows, RandomStream(seed: 3, "turn"))).thinQR.q
    return (q * b, a)
  }
}

private func transposed(_ adapter: Adapter) -> Adapter {
  remade(adapter) { b, a in (a.transposed, b.transposed) }
}
