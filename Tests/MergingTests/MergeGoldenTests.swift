import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Merging
import TestSupport
import Testing

@Suite struct MergeGoldenTests {
  @Test(arguments: Golden.files)
  func `every method equals NumPy, PEFT or mergekit on the full matrices`(_ file: String) throws {
    for group in try Golden.groups(file) {
      let models = group.models
      for item in group.cases {
        let method = try MergeMethods.all.entry(named: item.method)
        let (merged, _) = try merge(
          models, item.weights, method, item.parameters, evidence: group.evidence(for: method))
        for (path, delta) in merged.sites {
          let expected = try #require(item.expected[path])
          let error = relativeError(merged.lowRank(delta).dense.floats, expected)
          #expect(error < 1e-5, "\(item.method) \(item.parameters) against \(item.by) at \(path): \(error)")
        }
        #expect(merged.sites.count == item.expected.count)
      }
    }
  }

  @Test func `every row has golden numbers`() throws {
    for name in try Golden.missing() {
      Issue.record(
        """
        merge method '\(name)' has no golden numbers: add cases to a script in Tests/Golden/merge that makes them \
        with an independent program, run it, and make Conformance.md again (UPDATE_SNAPSHOTS=1)
        """)
    }
  }

  /// Three 2 × 3 matrices whose merges can be followed by hand.
  private let tiny = [
    adapter("1", 2, 3, [1, -2, 0.5, 0, 3, -0.1]), adapter("2", 2, 3, [0.8, 1, -0.5, 0.2, -1, 0.4]),
    adapter("3", 2, 3, [-0.3, -1.5, 0, 0.6, 2, 0.3]),
  ]

  @Test(
    arguments: [
      (
        "task_arithmetic", ["scale": ParameterValue.number(0.3)], [1, 1, 1],
        [0.45, -0.75, 0, 0.24, 1.2, 0.18]
      ),
      ("linear", [:], [1, 0.5, 0.5], [0.625, -1.125, 0.125, 0.2, 1.75, 0.125]),
      ("ties", ["density": .number(0.5)], [1, 0.5, 0.5], [0.933333, -1.833333, 0, 0.6, 2.666667, 0]),
      ("ties", ["density": .number(1)], [1, 0.5, 0.5], [0.933333, -1.833333, 0.5, 0.4, 2.666667, 0.35]),
      (
        "ties", ["density": .number(0.5), "elect": .text("unweighted"), "combine": .text("mean")],
        [1, 0.5, 0.5],
        [0.7, -1.375, 0, 0.3, 2, 0]
      ),
    ] as [(String, [String: ParameterValue], [Double], [Float])])
  func `tiny matrices merge to the numbers worked out by hand`(
    name: String, parameters: [String: ParameterValue], weights: [Double], expected: [Float]
  ) throws {
    let method = try MergeMethods.all.entry(named: name)
    let (merged, _) = try merge(tiny, weights, method, parameters)
    #expect(relativeError(dense(merged), expected) < 1e-6)
  }

  @Test func `tsv_m of two matrices of rank one equals the published rule with ranks capped`() throws {
    func rankOne(_ b: [Float], _ a: [Float]) -> Adapter {
      let delta = AdapterSite(
        a: Matrix(rows: 1, columns: 3, values: a), b: Matrix(rows: 4, columns: 1, values: b), alpha: 1)
      return Adapter(name: "rank one", sites: [("layer", delta)])
    }
    let models = [rankOne([1, 2, 0, 2], [2, 0, 1]), rankOne([0, 1, 1, 0], [1, 1, 0])]
    let (merged, _) = try merge(models, [1, 1], MergeMethods.all.entry(named: "tsv_m"))
    let expected: [Float] = [
      1.834667, -0.911676, 1.373172, 3.382934, -0.085269, 1.734102, -0.2864, 1.738083, -1.012242, 3.669334,
      -1.823353, 2.746343,
    ]
    #expect(relativeError(dense(merged), expected) < 1e-6)
  }

  @Test func `of equal magnitudes ties keeps the first`() throws {
    let flat = adapter("flat", 2, 3, [1, -1, 1, -1, 1, -1])
    let (merged, _) = try merge([flat], [1], MergeMethods.all.entry(named: "ties"), ["density": .number(0.5)])
    #expect(relativeError(dense(merged), [1, -1, 1, 0, 0, 0]) < 1e-6)
  }

  @Test func `signs that cancel count as positive in ties`() throws {
    let models = [adapter("up", 1, 2, [1, -3]), adapter("down", 1, 2, [-1, 3])]
    let (merged, _) = try merge(
      models, [1, 1], MergeMethods.all.entry(named: "ties"), ["density": .number(1)])
    #expect(relativeError(dense(merged), [1, 3]) < 1e-6)
  }

  @Test func `tsv_m gives every task its share of the directions where they are too many`() throws {
    let many = (0..<7).map { randomAdapter("m\($0)", rank: 4) }
    let (_, sites) = try merge(many, many.map { _ in 1 }, MergeMethods.all.entry(named: "tsv_m"))
    #expect(sites.map(\.rank) == [7, 7, 7])
  }

  @Test func `a negative weight takes away in ties too`() throws {
    let (merged, _) = try merge(
      [tiny[0]], [-1], MergeMethods.all.entry(named: "ties"), ["density": .number(1)])
    #expect(relativeError(dense(merged), dense(tiny[0]).map { -$0 }) < 1e-6)
  }
}
