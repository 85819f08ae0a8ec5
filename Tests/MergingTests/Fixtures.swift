import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Merging
import Testing

/// A matrix of standard normal numbers.
func randomMatrix(_ rows: Int, _ columns: Int, _ stream: RandomStream) -> Matrix {
  var stream = stream
  return Matrix(
    rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(stream.normal()) })
}

/// The layers of the adapters in these tests: wide, tall and square.
let testLayers = ["layer.0.query": (12, 10), "layer.0.value": (9, 14), "layer.1.output": (11, 11)]

/// A random adapter over some layers.
func randomAdapter(
  _ name: String, rank: Int, alpha: Double = 4, layers: [String] = testLayers.keys.sorted(),
  rslora: Bool = false
) -> Adapter {
  let sites = layers.map { path in
    let (out, inner) = testLayers[path] ?? (1, 1)
    let stream = RandomStream(seed: 11, name, path)
    return (
      path: path,
      delta: AdapterSite(
        a: randomMatrix(rank, inner, stream.stream("a")), b: randomMatrix(out, rank, stream.stream("b")),
        alpha: alpha)
    )
  }
  return Adapter(name: name, sites: sites, usesRSLoRA: rslora)
}

/// An adapter of one site from full matrices: B is the identity.
func adapter(_ name: String, _ rows: Int, _ columns: Int, _ values: [Float]) -> Adapter {
  let b = DoubleMatrix(diagonal: Array(repeating: 1, count: rows)).matrix
  let a = Matrix(rows: rows, columns: columns, values: values)
  return Adapter(name: name, sites: [("layer", AdapterSite(a: a, b: b, alpha: Double(rows)))])
}

/// ΔW of every site, one after the other.
func dense(_ adapter: Adapter) -> [Float] {
  adapter.sites.flatMap { adapter.lowRank($0.delta).dense.floats }
}

/// A merge with given parameters; a method that needs evidence gets what is given or made up.
func merge(
  _ adapters: [Adapter], _ weights: [Double], _ method: MergeMethod, _ given: [String: ParameterValue] = [:],
  seed: Int = 0, evidence: [ModelEvidence]? = nil
) throws -> (adapter: Adapter, sites: [MergedSite]) {
  let parameters = try Parameters(given, for: method.parameters, of: "merge method '\(method.name)'")
  let evidence = method.evidence.map { kind in evidence ?? adapters.map { madeUpEvidence($0, kind) } }
  return try AdapterMerger.merge(
    adapters, weights: weights, method: method, parameters: parameters, seed: seed, evidence: evidence ?? [])
}

/// A merge by a rule that was made for a row of the table, with that row's defaults.
func merge(
  _ adapters: [Adapter], _ weights: [Double], by rule: any Merging, _ method: MergeMethod
) throws -> MergeOutcome {
  let parameters = try Parameters([:], for: method.parameters, of: "merge method '\(method.name)'")
  return try AdapterMerger.merge(adapters, weights: weights, by: rule, method, Finish(parameters), seed: 0)
}

/// A checkpoint of one file in a folder that is made for it.
func writeCheckpoint(_ tensors: [NamedTensor], to folder: URL) throws -> Checkpoint {
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  try SafeTensorsWriter.write(tensors, to: folder.path + "/model.safetensors")
  return try Checkpoint(folder: folder.path)
}

/// Random evidence on a model at every test layer and at its own, the same for all adapters whose name begins so.
func madeUpEvidence(_ adapter: Adapter, _ kind: MergeEvidence) -> ModelEvidence {
  var shapes = testLayers
  for (path, delta) in adapter.sites { shapes[path] = (delta.b.rows, delta.a.columns) }
  let name = String(adapter.name.prefix { $0 != " " })
  let matrices = shapes.map { path, shape in
    let stream = RandomStream(seed: 3, "evidence", name, path)
    guard kind == .fisher else {
      let gram = DoubleMatrix(randomMatrix(2 * shape.1, shape.1, stream)).gramOfColumns
      return (path, gram.scaled(by: 0.5 / Double(shape.1)).matrix)
    }
    let squares = randomMatrix(shape.0, shape.1, stream).values.map { $0 * $0 }
    return (path, Matrix(rows: shape.0, columns: shape.1, values: squares))
  }
  return ModelEvidence(name: adapter.name, Dictionary(uniqueKeysWithValues: matrices))
}

/// A row with one setting of its parameters; the laws run over all of them.
struct Variant: Sendable, CustomTestStringConvertible {
  let method: MergeMethod
  let parameters: [String: ParameterValue]

  /// Every row with its defaults, and with every other word of every choice.
  static let all: [Variant] = MergeMethods.all.entries.filter(\.isRule).flatMap { method in
    var variants = [Variant(method: method, parameters: [:])]
    for spec in method.parameters {
      guard case .choice(let words) = spec.kind else { continue }
      for word in words where .text(word) != spec.defaultValue {
        variants.append(Variant(method: method, parameters: [spec.name: .text(word)]))
      }
    }
    return variants
  }

  /// Those whose result depends on the order of the models in nothing but rounding.
  static let symmetric = all.filter(\.method.symmetric)

  /// Those whose result depends on the changes alone, not on the factors they come in: draws are named by factors.
  static let ofChanges = all.filter { !$0.mergesFactors && !$0.method.draws }

  /// Those that take any factors of a change, those of the core space being bases made of the factors themselves.
  static let ofMatrices = ofChanges.filter { !$0.method.name.hasPrefix("core_") }

  /// Whether A and B are merged separately.
  var mergesFactors: Bool {
    let scope = method.parameters.first { $0.name == "trim_scope" }
    return (parameters["trim_scope"] ?? scope?.defaultValue) == .text("factor")
  }

  /// Adapters of unequal ranks where the rule takes them.
  var models: [Adapter] {
    let ranks = mergesFactors ? [3, 3, 3] : [2, 3, 1]
    return taken([
      randomAdapter("one", rank: ranks[0]), randomAdapter("two", rank: ranks[1], alpha: 2, rslora: true),
      randomAdapter("three", rank: ranks[2]),
    ])
  }

  /// As many of these as the method takes.
  func taken<Element>(_ models: [Element]) -> [Element] { Array(models.prefix(method.models.upperBound)) }

  /// The same with the neutral parameters.
  var neutral: [String: ParameterValue] { parameters.merging(method.neutral) { _, neutral in neutral } }

  var testDescription: String {
    method.name + parameters.sorted { $0.key < $1.key }.map { " \($0.key): \($0.value)" }.joined()
  }
}
