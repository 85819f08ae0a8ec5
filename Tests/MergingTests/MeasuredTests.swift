import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Merging
import TestSupport
import Testing

/// Merges that need to know the data: RegMean and Fisher.
@Suite struct MeasuredTests {
  private let methods = MergeMethods.all.entries.filter { $0.evidence != nil }
  private let models = [
    randomAdapter("one", rank: 2), randomAdapter("two", rank: 3), randomAdapter("three", rank: 1),
  ]
  private let weights = [1.0, 0.5, 0.75]

  private func row(_ name: String) throws -> MergeMethod { try MergeMethods.all.entry(named: name) }

  private func average() throws -> [Float] {
    dense(try merge(models, weights, row("linear"), ["rank": .number(64)]).adapter)
  }

  /// The same evidence for every model, scaled for each.
  private func equal(_ kind: MergeEvidence, factors: [Float] = [1, 1, 1]) -> [ModelEvidence] {
    factors.map { factor in
      let matrices = testLayers.map { path, shape in
        let all = madeUpMatrix(kind, path, shape)
        return (
          path, Matrix(rows: all.rows, columns: all.columns, values: all.values.map { $0 * factor })
        )
      }
      return ModelEvidence(name: "equal", Dictionary(uniqueKeysWithValues: matrices))
    }
  }

  private func madeUpMatrix(_ kind: MergeEvidence, _ path: String, _ shape: (Int, Int)) -> Matrix {
    let stream = RandomStream(seed: 9, path)
    if kind != .fisher {
      return DoubleMatrix(randomMatrix(2 * shape.1, shape.1, stream)).gramOfColumns.matrix
    }
    let squares = randomMatrix(shape.0, shape.1, stream).values.map { $0 * $0 }
    return Matrix(rows: shape.0, columns: shape.1, values: squares)
  }

  @Test func `the rows that need evidence say which`() throws {
    #expect(try row("regmean").evidence == .inputGrams && row("regmean_pp").evidence == .propagatedGrams)
    #expect(try row("fisher").evidence == .fisher)
  }

  @Test func `equal evidence on all models leaves the weighted average`() throws {
    for method in methods {
      let (merged, _) = try merge(
        models, weights, method, ["rank": .number(64)], evidence: equal(try #require(method.evidence)))
      #expect(relativeError(dense(merged), try average()) < 1e-5, "\(method.name)")
    }
  }

  @Test func `a factor on a model's evidence is a weight`() throws {
    for name in ["regmean", "fisher"] {
      let method = try row(name)
      let bare: [String: ParameterValue] =
        name == "fisher"
        ? ["normalize": .flag(false), "floor": .number(1e-12)] : ["ridge": .number(0)]
      let (merged, _) = try merge(
        models, [1, 1, 1], method, bare.merging(["rank": .number(64)]) { $1 },
        evidence: equal(try #require(method.evidence), factors: [1, 0.5, 0.75]))
      #expect(relativeError(dense(merged), try average()) < 1e-5, "\(name)")
    }
  }

  @Test func `normalised Fisher information does not ask for units`() throws {
    let method = try row("fisher")
    let (merged, _) = try merge(
      models, weights, method, ["rank": .number(64)], evidence: equal(.fisher, factors: [1e-8, 1, 3e4]))
    #expect(relativeError(dense(merged), try average()) < 1e-5)
  }

  @Test func `a strong ridge leaves the weighted average, and reduction zero weighs channels alone`() throws {
    let regMean = try row("regmean")
    let strong = try merge(models, weights, regMean, ["ridge": .number(1), "rank": .number(64)]).adapter
    let bare = try merge(models, weights, regMean, ["ridge": .number(0), "rank": .number(64)]).adapter
    let average = try average()
    #expect(relativeError(dense(strong), average) < relativeError(dense(bare), average))

    let path = "layer"
    let diagonals: [[Double]] = [[1, 4, 0], [3, 0, 0]]
    let evidence = diagonals.map {
      ModelEvidence(name: "diagonal", [path: DoubleMatrix(diagonal: $0).matrix])
    }
    let pair = [adapter("1", 1, 3, [1, 2, 3]), adapter("2", 1, 3, [5, 6, 7])]
    let (merged, _) = try merge(
      pair, [1, 1], regMean, ["reduce_non_diagonal": .number(0), "ridge": .number(1e-6)], evidence: evidence)
    #expect(relativeError(dense(merged), [4, 2, 5]) < 1e-5)
  }

  @Test func `tiny matrices merge to the numbers worked out by hand`() throws {
    let grams = [[2, 1, 1, 3], [4, 0, 0, 1]].map {
      ModelEvidence(name: "gram", ["layer": Matrix(rows: 2, columns: 2, values: $0)])
    }
    let pair = [adapter("1", 2, 2, [1, 2, 3, 4]), adapter("2", 2, 2, [0, 1, 1, 0])]
    for (a, expected) in [
      (1, [0.347826, 1.913043, 1.782609, 3.304348]), (0.9, [0.348857, 1.896507, 1.775334, 3.27555]),
    ] as [(Double, [Float])] {
      let (merged, _) = try merge(
        pair, [1, 1], row("regmean"), ["reduce_non_diagonal": .number(a), "ridge": .number(0)],
        evidence: grams)
      #expect(relativeError(dense(merged), expected) < 1e-6)
    }
    let fisher = [[1, 4, 0], [3, 0, 0]].map {
      ModelEvidence(name: "fisher", ["layer": Matrix(rows: 1, columns: 3, values: $0)])
    }
    let (merged, _) = try merge(
      [adapter("1", 1, 3, [1, 2, 3]), adapter("2", 1, 3, [5, 6, 7])], [1, 1], row("fisher"),
      ["normalize": .flag(false)], evidence: fisher)
    #expect(relativeError(dense(merged), [4, 2.000001, 5]) < 1e-6)
  }

  @Test func `regmean acts on each model's inputs as the model does, where inputs do not overlap`() throws {
    // Model t reads channels of its own: G_t has rank 5 of 10, and together they span all.
    let halves = [0..<5, 5..<10].map { half in
      let x = DoubleMatrix(randomMatrix(30, 10, RandomStream(seed: 4, "\(half.lowerBound)")))
      let kept = x.scalingColumns(by: (0..<10).map { half.contains($0) ? 1 : 0 })
      return ModelEvidence(name: "half", ["layer.0.query": kept.gramOfColumns.matrix])
    }
    let pair = ["one", "two"].map { randomAdapter($0, rank: 3, layers: ["layer.0.query"]) }
    let (merged, _) = try merge(
      pair, [1, 1], row("regmean"), ["reduce_non_diagonal": .number(1), "ridge": .number(0)], evidence: halves
    )
    let (all, one, two) = (dense(merged), dense(pair[0]), dense(pair[1]))
    let expected = all.indices.map { $0 % 10 < 5 ? one[$0] : two[$0] }
    #expect(relativeError(all, expected) < 1e-5)
  }

  @Test func `what cannot be is refused with a reason`() throws {
    func complaint(_ name: String, _ evidence: [ModelEvidence], _ more: [String: ParameterValue] = [:])
      throws -> String
    {
      do {
        _ = try merge(models, weights, row(name), more, evidence: evidence)
        return "nothing was refused"
      } catch { return "\(error)" }
    }
    #expect(
      try complaint("regmean", []) == """
        error: merge method 'regmean' needs the inputs of its layers for every model, measured on the model's own data
          merge in an experiment, which measures them: merges: [{method: regmean, of: singles}]
        """)
    let nothing = models.map { ModelEvidence(name: $0.name, [:]) }
    #expect(try complaint("fisher", nothing) == "one: error: nothing was measured at 'layer.0.query'")
    let wrong = models.map {
      ModelEvidence(name: $0.name, ["layer.0.query": Matrix(rows: 3, columns: 4)])
    }
    #expect(
      try complaint("fisher", wrong)
        == "one: error: what was measured at 'layer.0.query' is (3, 4), not (12, 10)")
    let zeros = models.map { model in
      let matrices = testLayers.map { ($0, Matrix(rows: $1.1, columns: $1.1)) }
      return ModelEvidence(name: model.name, Dictionary(uniqueKeysWithValues: matrices))
    }
    #expect(
      try complaint("regmean", zeros) == """
        error: the inputs of 'layer.0.query' do not span its 10 channels: nothing to divide by
          raise 'rows' or 'ridge', or lower 'reduce_non_diagonal'
        """)
  }
}
