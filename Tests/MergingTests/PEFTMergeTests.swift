import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Merging
import TestSupport
import Testing

/// Merges of PEFT's own files: unequal ranks, targets, patterns and scales; Tests/Golden/peft/generate_oddities.py.
@Suite struct PEFTMergeTests {
  private struct Golden: Decodable {
    let weights: [String: Double]
    let merges: [String: [String: [Double]]]
  }

  @Test(arguments: ["cat", "svd"])
  func `adapters of other ranks, targets and scales merge as PEFT merges them`(kind: String) throws {
    let data = try Data(contentsOf: Reference.golden("peft/oddities.json"))
    let golden = try JSONDecoder().decode(Golden.self, from: data)
    let names = golden.weights.keys.sorted()
    let models = try names.map { try PEFTAdapter.read(Reference.golden("peft/\($0)").path) }
    let (merged, _) = try merge(
      models, names.compactMap { golden.weights[$0] }, MergeMethods.all.entry(named: kind),
      kind == "svd" ? ["rank": .number(4)] : [:])
    let expected = try #require(golden.merges[kind])
    #expect(merged.sites.map(\.path) == expected.keys.sorted())
    for (path, delta) in merged.sites {
      let dense = merged.lowRank(delta).dense
      let probe = DoubleMatrix(
        rows: dense.columns, columns: 1, values: (0..<dense.columns).map { 1 / Double($0 + 1) })
      let error = relativeError((dense * probe).floats, (expected[path] ?? []).map(Float.init))
      #expect(error < 1e-5, "\(path): \(error)")
    }
  }
}
