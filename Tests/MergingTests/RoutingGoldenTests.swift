import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Merging
import TestSupport
import Testing

/// What Tests/Golden/routing/generate_routing.py writes.
struct RoutingGolden: Decodable {
  struct Case: Decodable {
    let method: String
    let parameters: [String: ParameterValue]
    /// The change that each expert's texts get, by layer.
    let parts: [[String: [Float]]]
    let unified: [String: [Float]]?
    /// Projectors on the directions of a token gate, by layer and expert.
    let spans: [String: [[Float]]]?
  }

  struct Router: Decodable {
    let embeddings: [Double]
    let labels: [Int]
    let iterations: Int
    let rate: Double
    let decay: Double
    let weight: [Float]
    let bias: [Float]
  }

  struct Surgery: Decodable {
    let z: [Double]
    let wanted: [Double]
    let down: [Double]
    let up: [Double]
    let loss: Double
    let down_gradient: [Float]
    let up_gradient: [Float]
    let iterations: Int
    let rate: Double
    let last_down: [Float]
    let last_up: [Float]
  }

  let weights: [Double]
  let adapters: [[Golden.Site]]
  let cases: [Case]
  let router: Router
  let surgery: Surgery

  static func read() throws -> RoutingGolden {
    try JSONDecoder().decode(
      RoutingGolden.self, from: Data(contentsOf: Reference.golden("routing/routing.json")))
  }

  var experts: [RoutedExpert] {
    zip(adapters, weights).enumerated().map { index, entry in
      let sites = entry.0.map { site in
        let a = Matrix(rows: site.rank, columns: site.shape[1], values: site.a)
        let b = Matrix(rows: site.shape[0], columns: site.rank, values: site.b)
        return (path: site.path, delta: AdapterSite(a: a, b: b, alpha: site.alpha))
      }
      return RoutedExpert(
        name: "\(index)", tasks: ["task \(index)"], adapter: Adapter(name: "\(index)", sites: sites),
        weight: entry.1)
    }
  }
}

@Suite struct RoutingGoldenTests {
  private let golden = try? RoutingGolden.read()

  @Test func `parts, shared changes, masks and directions equal NumPy on the full matrices`() throws {
    let golden = try #require(golden)
    #expect(golden.cases.count == 12)
    for item in golden.cases {
      let (model, _) = try route(golden.experts, item.method, item.parameters)
      #expect(model.method == item.method && model.parts.count == item.parts.count)
      if let unified = item.unified {
        #expect(Set(unified.keys) == Set((model.unified?.sites.map(\.path) ?? []) + model.full.map(\.path)))
        for (path, expected) in unified {
          #expect(relativeError(unifiedChange(model, path), expected) < 1e-6, "\(item.method) at \(path)")
        }
      }
      for (part, expected) in zip(model.parts, item.parts) {
        for (path, expected) in expected {
          #expect(relativeError(served(model, part, path), expected) < 1e-5, "\(item.method) at \(path)")
        }
      }
      guard let spans = item.spans else { continue }
      guard case .token(let gate) = model.gate else {
        Issue.record("no gate of tokens")
        continue
      }
      #expect(gate.directions.map(\.path) == spans.keys.sorted())
      for (path, rows) in gate.directions {
        for (expert, expected) in (spans[path] ?? []).enumerated() {
          let own = DoubleMatrix(rows.rows(expert * gate.width..<(expert + 1) * gate.width))
          let projector = DoubleMatrix.product(own, own, transposeA: true)
          #expect(relativeError(projector.floats, expected) < 1e-5)
        }
      }
    }
  }

  @Test func `every row that routes has golden numbers`() throws {
    let names = MergeMethods.all.entries.filter { $0.servedBy != nil }.map(\.name)
    let known = try #require(golden).cases.map(\.method)
    for name in names where !known.contains(name) {
      Issue.record(
        "merge method '\(name)' has no golden numbers: add a case to the script in Tests/Golden/routing")
    }
  }

  @Test func `the router is the one that PyTorch trains`() throws {
    let router = try #require(golden).router
    let n = router.labels.count
    let fit = LinearRouter.fit(
      DoubleMatrix(rows: n, columns: router.embeddings.count / n, values: router.embeddings),
      labels: router.labels, experts: 3, iterations: router.iterations, rate: router.rate, decay: router.decay
    )
    #expect(relativeError(fit.weight.floats, router.weight) < 1e-6)
    #expect(relativeError(fit.bias.floats, router.bias) < 1e-5)
  }

  @Test func `loss, gradients and training of the correction are PyTorch's`() throws {
    let surgery = try #require(golden).surgery
    let z = DoubleMatrix(rows: 9, columns: 5, values: surgery.z)
    let wanted = DoubleMatrix(rows: 9, columns: 5, values: surgery.wanted)
    let start = SurgeryFit.Parameters(
      down: DoubleMatrix(rows: 3, columns: 5, values: surgery.down),
      up: DoubleMatrix(rows: 5, columns: 3, values: surgery.up))
    let (loss, gradient) = SurgeryFit.gradient(start, z, wanted)
    #expect(abs(loss - surgery.loss) < 1e-8)
    #expect(relativeError(gradient.down.floats, surgery.down_gradient) < 1e-6)
    #expect(relativeError(gradient.up.floats, surgery.up_gradient) < 1e-6)
    let last = SurgeryFit.fit(
      from: start, z, wanted, iterations: surgery.iterations, rate: surgery.rate)
    #expect(relativeError(last.down.floats, surgery.last_down) < 1e-6)
    #expect(relativeError(last.up.floats, surgery.last_up) < 1e-6)
    #expect(SurgeryFit.gradient(last, z, wanted).loss < loss)
  }
}

/// A routed model by name.
func route(
  _ experts: [RoutedExpert], _ method: String, _ given: [String: ParameterValue] = [:], seed: Int = 0
) throws -> (model: RoutedModel, sites: [MergedSite]) {
  let method = try MergeMethods.all.entry(named: method)
  let parameters = try Parameters(given, for: method.parameters, of: "merge method '\(method.name)'")
  let routing = try #require(RoutedMerger.routing(method, parameters))
  return try RoutedMerger.model(of: experts, by: routing, method: method.name, seed: seed)
}

/// The unified change at a layer.
func unifiedChange(_ model: RoutedModel, _ path: String) -> [Float] {
  if let delta = model.unified?.site(path), let unified = model.unified {
    return unified.lowRank(delta).dense.floats
  }
  return model.full.first { $0.path == path }?.change.values ?? []
}

/// What a part makes of a layer: its own change, or the masked unified one.
func served(_ model: RoutedModel, _ part: RoutedModel.Part, _ path: String) -> [Float] {
  if let change = part.change { return change.site(path).map { change.lowRank($0).dense.floats } ?? [] }
  let mask = part.masks.first { $0.path == path }?.mask
  return unifiedChange(model, path).enumerated().map { entry, value in
    mask.map { $0[entry] ? value * Float(part.scale) : 0 } ?? value
  }
}
