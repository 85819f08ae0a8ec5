import Adapters
import Basics
import Checkpoints
import Execution
import Foundation
import LinearAlgebra
import Merging
import Models
import Outlines
import Tasks
import TestSupport
import Testing
import Training
import Tuning

/// RegMean++ against PyTorch and FusionBench on a tiny BERT.
@Suite struct BlockwiseMergeTests {
  private struct Cases: Decodable { let rows: [[[Int32]]] }
  private struct Factors: Decodable { let alpha: Double }

  @Test(arguments: [1, 3])
  func `two adapters merge block by block to PyTorch's numbers, on any number of threads`(
    threads: Int
  ) throws {
    let folder = Reference.golden("models")
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    func json<Value: Decodable>(_ name: String) throws -> Value {
      try JSONDecoder().decode(Value.self, from: Data(contentsOf: URL(fileURLWithPath: path(name))))
    }
    let cases: Cases = try json("blockwise.json")
    let factors: Factors = try json("bert/cases.json")
    let golden = try SafeTensorsFile(path: path("blockwise.safetensors"))
    let lora = try SafeTensorsFile(path: path("bert/lora.safetensors"))
    let weights = try NetworkFamilies.open(folder: path("bert/model"))
    let sites = try weights.outline.chosen(by: LayerTargets(["query", "value", "dense"]))
    let adapters = try [(lora, ""), (golden, "second.")].map { file, prefix in
      Adapter(
        name: "expert",
        sites: try sites.map { site in
          let a = try file.matrix("\(prefix)\(site.path).lora_A")
          let b = try file.matrix("\(prefix)\(site.path).lora_B")
          return (site.path, AdapterSite(a: a, b: b, alpha: factors.alpha))
        })
    }
    let examples = cases.rows.map { rows in
      rows.map { ids in
        TokenizedExample(ids: ids, types: ids.map { _ in 0 }, wordStarts: [], target: .label(0))
      }
    }
    let method = try MergeMethods.all.entry(named: "regmean_pp")
    let parameters = try Parameters(["ridge": .number(0)], for: method.parameters, of: "test")
    var shares: [Double] = []
    let (merged, rows) = try BlockwiseMerge(
      weights, adapters: adapters, examples: examples, workspaces: (0..<threads).map { _ in Workspace() }
    ).merged {
      shares.append($0)
    } merge: {
      try AdapterMerger.merge(
        $0, weights: [1, 1], method: method, parameters: parameters, seed: 0, evidence: $1)
    }
    #expect(shares == [0.5, 1])
    #expect(merged.sites.map(\.path) == sites.map(\.path).sorted())
    #expect(rows.map(\.site) == merged.sites.map(\.path))
    for (path, delta) in merged.sites {
      let error = relativeError(merged.lowRank(delta).dense.floats, try golden.floats(path))
      #expect(error < 1e-5, "\(path): \(error)")
    }
  }
}
