internal import Basics
internal import Checkpoints
public import Experiment
internal import Foundation
internal import LinearAlgebra
internal import Merging
internal import Models
public import Specs

/// Carries out a merge recipe: adapters in folders in, one adapter in a folder out.
public enum RecipeMerger {
  /// `merge.json` beside a merged adapter.
  private struct Record: Encodable {
    struct Model: Encodable {
      let model: String
      let weight: Double
      let sha256: String
    }
    let mixology: String
    let mergeMethod: String
    let parameters: [String: ParameterValue]
    let baseModel: String?
    let seed: Int
    let models: [Model]
    let sites: [Specs.MergedSite]
  }

  /// Merges, checks and writes; the folder appears whole or not at all, and replaces one that was there.
  ///
  /// - Throws: a `Diagnostic` for what cannot be read, does not fit together or cannot be written.
  public static func merge(
    _ recipe: MergeRecipe, into folder: String, environment: [String: String], version: String
  ) throws -> MergeResult {
    let method = try MergeMethods.all.entry(named: recipe.method)
    let parameters = try Parameters(
      recipe.parameters, for: method.parameters, of: "merge method '\(method.name)'")
    let adapters = try recipe.models.map { try adapter($0) }
    let layers = try checkedLayers(recipe, adapters, environment)
    let merged = try AdapterMerger.merge(
      adapters, weights: recipe.models.map(\.weight), method: method, parameters: parameters,
      seed: recipe.seed)
    let sites = merged.sites.map {
      Specs.MergedSite(site: $0.path, rank: $0.rank, retainedEnergy: $0.retainedEnergy, norm: $0.norm)
    }
    let record = Record(
      mixology: version, mergeMethod: method.name, parameters: recipe.parameters, baseModel: recipe.base,
      seed: recipe.seed,
      models: try recipe.models.map {
        .init(model: $0.name, weight: $0.weight, sha256: try StableHash.hex(file: weights($0.path)))
      }, sites: sites)
    let bytes = try write(merged.adapter, record, to: folder, layers: layers)
    return MergeResult(sites: sites, bytes: bytes)
  }

  private static func weights(_ folder: String) -> String { folder + "/adapter_model.safetensors" }

  private static func adapter(_ model: MergeRecipe.Model) throws -> Adapter {
    let files = FileManager.default
    guard files.fileExists(atPath: model.path) else {
      throw Diagnostic(
        "there is no such folder", at: Place(file: model.path),
        hint: "the recipe names it '\(model.name)'; relative names start from the recipe's folder")
    }
    if !files.fileExists(atPath: model.path + "/adapter_config.json") {
      throw Diagnostic(
        "this is no adapter",
        at: Place(file: model.path),
        hint: "give folders with adapter_config.json and adapter_model.safetensors, as PEFT writes them")
    }
    return try PEFTAdapter.read(model.path)
  }

  /// The base's linear layers, after every adapter was held against them; none where the recipe names no base.
  private static func checkedLayers(
    _ recipe: MergeRecipe, _ adapters: [Adapter], _ environment: [String: String]
  ) throws -> [String] {
    guard let base = recipe.base else { return [] }
    let path = try BaseLocator.resolve(base, relativeTo: recipe.folder, environment: environment)
    let shape = try EncoderShape(ModelConfiguration(folder: path), folder: path)
    var layers: [String: (out: Int, in: Int)] = [:]
    for site in shape.sites { layers[site.path] = shape.weightShape(site.role) }
    for adapter in adapters { try adapter.check(against: layers) }
    return shape.sites.map(\.path) + ["pooler.dense"]
  }

  private static func write(
    _ adapter: Adapter, _ record: Record, to folder: String, layers: [String]
  ) throws -> Int {
    try FolderAttempt.write(folder) { attempt in
      try PEFTAdapter.write(adapter, to: attempt, layers: layers)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      let bytes = Array(try encoder.encode(record)) + [0x0a]
      try AtomicFile.write(attempt + "/merge.json") { try $0.append(bytes) }
      let size = try FileManager.default.attributesOfItem(atPath: weights(attempt))[.size] as? Int
      return size ?? 0
    }
  }
}
