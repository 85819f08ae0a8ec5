import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Merging
import TestSupport
import Testing

@Suite struct LearnableMergeTests {
  static let learned = MergeMethods.all.entries.filter { if case .learned = $0.form { true } else { false } }

  private func learning(
    _ method: MergeMethod, _ given: [String: ParameterValue] = [:]
  ) throws -> CoefficientLearning {
    let parameters = try Parameters(given, for: method.parameters, of: method.name)
    guard case .learned(let make) = method.form else { throw Diagnostic("'\(method.name)' does not learn") }
    return make(parameters)
  }

  /// The merge at the parameters from which learning starts.
  private func start(
    _ models: [Adapter], _ weights: [Double], _ method: MergeMethod, _ given: [String: ParameterValue] = [:]
  ) throws -> MergeOutcome {
    let merge = try LearnableMerge(models, weights: weights, learning: learning(method, given))
    let parameters =
      Array(repeating: merge.start, count: merge.coefficients.count)
      + Array(repeating: 0, count: merge.logits)
    return try MergingTests.merge(models, weights, by: merge.rule(parameters), method)
  }

  private let models = [
    randomAdapter("one", rank: 2), randomAdapter("two", rank: 3, alpha: 2, rslora: true),
    randomAdapter("three", rank: 1, layers: ["layer.0.query", "layer.1.output"]),
  ]

  @Test(arguments: learned)
  func `one model is returned where learning starts with neutral parameters`(_ method: MergeMethod) throws {
    let (merged, sites) = try start([models[1]], [1], method, method.neutral)
    #expect(relativeError(dense(merged), dense(models[1])) < 1e-6)
    #expect(sites.map(\.rank) == [3, 3, 3])
  }

  @Test(arguments: ["adamerging_taskwise", "adamerging_layerwise", "divmerge", "concrete_task_arithmetic"])
  func `before the first step it is task arithmetic, with weights and missing sites`(name: String) throws {
    let weights = [1.0, -0.5, 2]
    let (merged, _) = try start(
      models, weights, MergeMethods.all.entry(named: name), ["start": .number(0.4)])
    let (sum, _) = try merge(
      models, weights, MergeMethods.all.entry(named: "task_arithmetic"), ["scale": .number(0.4)])
    #expect(relativeError(dense(merged), dense(sum)) < 1e-6)
  }

  @Test(arguments: learned)
  func `the order of the models makes no difference`(_ method: MergeMethod) throws {
    let (weights, given) = ([1.0, 0.5, 2], ["start": ParameterValue.number(0.4)])
    let merged = try start(models, weights, method, given).adapter
    let order = [2, 0, 1]
    let other = try start(order.map { models[$0] }, order.map { weights[$0] }, method, given).adapter
    #expect(relativeError(dense(other), dense(merged)) < 1e-6)
  }

  @Test(arguments: learned)
  func `a model of weight zero has no coefficient`(_ method: MergeMethod) throws {
    let learning = try learning(method)
    let with = try LearnableMerge(models, weights: [1, 0, 1], learning: learning)
    let without = try LearnableMerge([models[0], models[2]], weights: [1, 1], learning: learning)
    #expect(with.count == without.count)
    #expect(Set(with.coefficients.map(\.model)) == [0, 2])
  }

  @Test func `a coefficient stands for a model, a block, a linear layer or a group of directions`() throws {
    func places(_ granularity: CoefficientLearning.Granularity) throws -> [String] {
      let learning = CoefficientLearning(granularity: granularity)
      return try LearnableMerge([models[1]], weights: [1], learning: learning).coefficients.map {
        "\($0.place) \($0.group)"
      }
    }
    #expect(try places(.model) == [" 0"])
    #expect(try places(.layer) == ["layer.0 0", "layer.1 0"])
    #expect(try places(.site) == ["layer.0.query 0", "layer.0.value 0", "layer.1.output 0"])
    #expect(
      try places(.directions(groups: 2)) == [
        "layer.0.query 0", "layer.0.query 1", "layer.0.value 0", "layer.0.value 1", "layer.1.output 0",
        "layer.1.output 1",
      ])
  }

  @Test(arguments: [
    CoefficientLearning.Granularity.model, .site, .directions(groups: 2), .directions(groups: 7),
  ])
  func `the small gradient is the gradient by the whole change`(
    _ granularity: CoefficientLearning.Granularity
  ) throws {
    let learning = CoefficientLearning(granularity: granularity)
    let merge = try LearnableMerge(models, weights: [1, 2, -1], learning: learning)
    let values = merge.coefficients.indices.map { 0.2 + 0.1 * Double($0) }
    // L = Σ ⟨F, ΔW⟩ of a random F at every site is linear, so that its change by one coefficient is the gradient.
    func loss(_ values: [Double]) throws -> Double {
      let (merged, _) = try MergingTests.merge(
        models, [1, 2, -1], by: merge.rule(values), MergeMethods.all.entry(named: "atlas"))
      return merged.sites.reduce(0) { sum, site in
        sum + DoubleMatrix(slope(site.path)).innerProduct(merged.lowRank(site.delta).dense)
      }
    }
    var gradients = [Double](repeating: 0, count: merge.count)
    for site in merge.sites {
      let slope = DoubleMatrix(slope(site.path))
      let left = site.left.map(DoubleMatrix.init)
      let right = site.right.map(DoubleMatrix.init)
      let half = left.map { DoubleMatrix.product($0, slope, transposeA: true) } ?? slope
      let small = right.map { DoubleMatrix.product(half, $0, transposeB: true) } ?? half
      site.addGradient(small.matrix, to: &gradients)
    }
    let before = try loss(values)
    for i in values.indices {
      var moved = values
      moved[i] += 1
      #expect(abs(try loss(moved) - before - gradients[i]) < 1e-4 * max(1, abs(gradients[i])))
    }
  }

  private func slope(_ path: String) -> Matrix {
    let (out, inner) = testLayers[path] ?? (1, 1)
    return randomMatrix(out, inner, RandomStream(seed: 3, "slope", path))
  }

  @Test func `trimmed and elected entries are those of ties before they are averaged`() throws {
    let tiny = [
      adapter("1", 2, 3, [1, -2, 0.5, 0, 3, -0.1]), adapter("2", 2, 3, [0.8, 1, -0.5, 0.2, -1, 0.4]),
      adapter("3", 2, 3, [-0.3, -1.5, 0, 0.6, 2, 0.3]),
    ]
    let learning = CoefficientLearning(preparation: .trimAndElect(density: 0.5))
    let merge = try LearnableMerge(tiny, weights: [1, 1, 1], learning: learning)
    // The three largest of each; sums 1.8, −2.5, 0, 0.6, 4, 0: the second column is negative, the fifth positive.
    #expect(
      merge.sites[0].terms.map(\.core.values) == [
        [1, -2, 0, 0, 3, 0], [0.8, 0, 0, 0, 0, 0], [0, -1.5, 0, 0.6, 2, 0],
      ])
    let (merged, _) = try MergingTests.merge(
      tiny, [1, 1, 1], by: merge.rule([1, 0.5, 2]), MergeMethods.all.entry(named: "ties"))
    #expect(relativeError(dense(merged), [1.4, -5, 0, 1.2, 7, 0]) < 1e-6)
  }

  @Test func `the gradient through a mask is that of finite differences`() {
    let logits: [Float] = [0.5, -1, 0.2, 0, 1.5, -0.3]
    let core = Matrix(rows: 2, columns: 3, values: [1, -2, 0.5, 0.1, 3, -0.7])
    let slopes: [Float] = [0.3, -1, 2, 0.5, -0.2, 1]
    let stream = RandomStream(seed: 2, "mask")
    func loss(_ logits: [Float]) -> Double {
      let masked = core.copied()
      ConcreteMask.apply(ConcreteMask.draw(logits[...], temperature: 0.5, random: stream), to: masked)
      return zip(masked.values, slopes).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let mask = ConcreteMask.draw(logits[...], temperature: 0.5, random: stream)
    let gradient = Matrix(rows: 2, columns: 3, values: slopes)
    let found = ConcreteMask.backward(mask, gradient: gradient, core: core, temperature: 0.5)
    for i in logits.indices {
      var (up, down) = (logits, logits)
      up[i] += 1e-2
      down[i] -= 1e-2
      #expect(abs((loss(up) - loss(down)) / 0.02 - found[i]) < 2e-3 * max(1, abs(found[i])))
    }
    let scaled = Matrix(rows: 2, columns: 3, values: slopes)
    ConcreteMask.apply(mask, to: scaled)
    #expect(gradient.values == scaled.values)
  }

  @Test func `a row that learns is refused where there are only adapters`() throws {
    for method in MergeMethods.all.entries
    where !method.isRule && method.servedBy == nil && method.evidence == nil && method.training == nil {
      #expect {
        _ = try merge(models, [1, 1, 1], method)
      } throws: { error in
        "\(error)"
          == """
          error: '\(method.name)' tries merges on examples, and there are only adapters here
            list it under 'merges' of a manifest, whose tasks have data: mixology run
          """
      }
    }
  }

  @Test func `a row that trains is refused where there are only adapters`() throws {
    #expect {
      _ = try merge(models, [1, 1, 1], try MergeMethods.all.entry(named: "cold_fusion"))
    } throws: { error in
      "\(error)"
        == """
        error: 'cold_fusion' trains its models in rounds, and there are only trained adapters here
          list it under 'merges' of a manifest: mixology run; trained adapters are merged by linear
        """
    }
  }
}
