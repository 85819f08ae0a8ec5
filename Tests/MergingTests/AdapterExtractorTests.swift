import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Merging
import Recipes
import TestSupport
import Testing

@Suite struct AdapterExtractorTests {
  private let shapes = [
    ("embeddings.word.weight", [7, 6]), ("layer.0.up.weight", [8, 6]), ("layer.0.up.bias", [8]),
    ("layer.0.down.weight", [6, 8]), ("norm.weight", [6]),
  ]

  /// Two checkpoints in folders, the second with some changes, and what becomes of them.
  private func extracted(
    _ changes: [String: Matrix], extra: [NamedTensor] = [], rank: Int = 0, energy: Double = 1,
    isFanInFanOut: Bool = false
  ) throws -> AdapterExtractor.Extraction {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    func checkpoint(_ name: String, _ tensors: [NamedTensor]) throws -> Checkpoint {
      try writeCheckpoint(tensors, to: folder.appendingPathComponent(name))
    }
    var before: [NamedTensor] = []
    var after = extra
    for (name, shape) in shapes {
      let (rows, columns) = shape.count == 2 ? (shape[0], shape[1]) : (1, shape[0])
      let values = randomMatrix(rows, columns, RandomStream(seed: 2, name))
      before.append(NamedTensor(name, shape: shape, values))
      let change = changes[name] ?? Matrix(rows: rows, columns: columns)
      let sum = zip(values.values, change.values).map { $0 + $1 }
      after.append(NamedTensor(name, shape: shape, Matrix(rows: rows, columns: columns, values: sum)))
    }
    return try AdapterExtractor.extract(
      base: checkpoint("base", before), tuned: checkpoint("tuned", after), rank: rank, energy: energy,
      isFanInFanOut: isFanInFanOut)
  }

  /// A change of rank three with singular values 4, 2, 1.
  private func change(_ rows: Int, _ columns: Int) -> Matrix {
    func basis(_ n: Int) -> DoubleMatrix {
      DoubleMatrix(randomMatrix(n, 3, RandomStream(seed: n, "basis"))).thinQR.q
    }
    return DoubleMatrix.product(basis(rows).scalingColumns(by: [4, 2, 1]), basis(columns), transposeB: true)
      .matrix
  }

  private func errors(_ found: AdapterExtractor.Extraction, _ changes: [String: Matrix]) -> [Double] {
    found.adapter.sites.map { path, delta in
      relativeError(found.adapter.lowRank(delta).dense.floats, changes[path + ".weight"]?.values ?? [])
    }
  }

  /// DoRA is refused with the advice to do this: Tests/Golden/peft/generate_oddities.py.
  @Test func `a DoRA adapter that PEFT put into its base is taken out again`() throws {
    struct Golden: Decodable { let adapters: [String: [String: [Double]]] }
    let data = try Data(contentsOf: Reference.golden("peft/oddities.json"))
    let expected = try #require(try JSONDecoder().decode(Golden.self, from: data).adapters["dora"])
    let found = try AdapterExtractor.extract(
      base: Checkpoint(folder: Reference.golden("peft/base").path),
      tuned: Checkpoint(folder: Reference.golden("peft/dora-merged").path), rank: 0, energy: 1)
    #expect(found.rest.isEmpty && found.adapter.sites.map(\.path) == expected.keys.sorted())
    for (path, delta) in found.adapter.sites {
      let probe = DoubleMatrix(
        rows: delta.a.columns, columns: 1, values: (0..<delta.a.columns).map { 1 / Double($0 + 1) })
      let product = (found.adapter.lowRank(delta).dense * probe).floats
      #expect(relativeError(product, (expected[path] ?? []).map(Float.init)) < 1e-5, "\(path)")
      // More than the factors: rows are rescaled.
      #expect(delta.rank > 2)
    }
  }

  @Test func `a change of low rank is found again, with its rank`() throws {
    let changes = ["layer.0.up.weight": change(8, 6), "layer.0.down.weight": change(6, 8)]
    let found = try extracted(changes)
    #expect(
      found.sites.map(\.site) == ["layer.0.down", "layer.0.up"]
        && found.layers == ["layer.0.down", "layer.0.up"])
    #expect(found.adapter.targetModules == ["down", "up"] && found.rest.isEmpty)
    // The sum of base and change was rounded to floats, which leaves directions of 1e-7.
    #expect(found.sites.allSatisfy { $0.rank == 3 && $0.retainedEnergy > 1 - 1e-9 })
    #expect(errors(found, changes).allSatisfy { $0 < 1e-6 })
    let unchanged = try extracted(["layer.0.up.weight": change(8, 6)])
    #expect(unchanged.sites.map(\.site) == ["layer.0.up"] && unchanged.adapter.targetModules == ["up"])
  }

  @Test func `rank and energy cut to the leading directions and say what is kept`() throws {
    let changes = ["layer.0.up.weight": change(8, 6)]
    for (rank, energy, kept, share) in [
      (1, 1, 1, 16), (2, 1, 2, 20), (0, 0.75, 1, 16), (0, 0.77, 2, 20), (1, 0.77, 1, 16),
    ]
      as [(Int, Double, Int, Double)]
    {
      let found = try extracted(changes, rank: rank, energy: energy)
      #expect(found.sites.map(\.rank) == [kept])
      #expect(abs(found.sites[0].retainedEnergy - share / 21) < 1e-6)
      #expect(abs(errors(found, changes)[0] - (1 - share / 21).squareRoot()) < 1e-5)
    }
  }

  @Test func `what is no linear layer is told with its size`() throws {
    let norm = Matrix(rows: 1, columns: 6)
    norm[0, 2] = 3
    let head = NamedTensor("classifier.weight", Matrix(rows: 1, columns: 2, values: [3, 4]))
    let found = try extracted(["layer.0.up.weight": change(8, 6), "norm.weight": norm], extra: [head])
    #expect(found.rest.map(\.name) == ["classifier.weight", "norm.weight"])
    #expect(zip(found.rest.map(\.norm), [5, 3]).allSatisfy { abs(($0 ?? 0) - $1) < 1e-6 })
  }

  @Test func `weights stored as inputs by outputs give the same factors turned`() throws {
    let found = try extracted(["layer.0.up.weight": change(8, 6)], isFanInFanOut: true)
    let site = try #require(found.adapter.site("layer.0.up"))
    #expect(site.b.rows == 6 && site.a.columns == 8 && found.adapter.isFanInFanOut)
    let turned = found.adapter.lowRank(site).dense.transposed
    #expect(relativeError(turned.floats, change(8, 6).values) < 1e-6)
  }

  @Test func `two equal models have no adapter`() throws {
    do {
      _ = try extracted([:])
      Issue.record("nothing was refused")
    } catch let error as Diagnostic {
      #expect(error.what == "no linear layer of the fine-tuned model differs from the base")
      #expect(error.hint == "are the two folders those of base and fine-tuned model?")
    }
  }
}
