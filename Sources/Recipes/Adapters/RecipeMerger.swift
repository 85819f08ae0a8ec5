internal import Adapters
internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra
internal import Merging
internal import Models
internal import Outlines
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
    let leaveOut: [String]
    let models: [Model]
    let sites: [MergedSite]
  }

  /// Merges, checks and writes; the folder appears whole or not at all, and replaces one that was there.
  ///
  /// - Throws: a `Diagnostic` for what cannot be read, does not fit together or cannot be written.
  public static func merge(
    _ recipe: MergeRecipe, into folder: String, environment: [String: String], version: String,
    threads: Int = 1
  ) throws -> MergeResult {
    let method = try MergeMethods.all.entry(named: recipe.method)
    let parameters = try Parameters(
      recipe.parameters, for: method.parameters, of: "merge method '\(method.name)'")
    let adapters = try recipe.models.map { try adapter($0, leavingOut: recipe.leaveOut) }
    if let name = recipe.leaveOut.first(where: { name in !adapters.contains { $0.leftOut.contains(name) } }) {
      throw Diagnostic(
        "no adapter has a module '\(name)' to leave out",
        hint: suggestion(for: name, among: Set(adapters.flatMap(\.leftOut)).sorted()))
    }
    let layers = try checkedLayers(recipe, adapters, environment)
    func written(_ sites: [MergedSite], _ contents: (String) throws -> Int) throws -> MergeResult {
      let record = Record(
        mixology: version, mergeMethod: method.name,
        parameters: method.shown(parameters), baseModel: recipe.base, seed: recipe.seed,
        leaveOut: recipe.leaveOut,
        models: try recipe.models.map {
          .init(model: $0.name, weight: $0.weight, sha256: try StableHash.hex(file: weights($0.path)))
        }, sites: sites)
      return MergeResult(sites: sites, bytes: try write(record, to: folder, contents))
    }
    if let routing = RoutedMerger.routing(method, parameters) {
      let routed = try routed(recipe, adapters, routing, method.name)
      return try written(routed.sites) { try RoutedFile.write(routed.model, to: $0) }
    }
    let merged = try AdapterMerger.merge(
      adapters, weights: recipe.models.map(\.weight), method: method, parameters: parameters,
      seed: recipe.seed, threads: threads)
    if merged.sites.allSatisfy({ $0.norm == 0 }) {
      throw Diagnostic(
        "the merged change is zero: the result would equal the base",
        hint:
          "weights or a factor cancel the changes out, or the adapters change nothing: `mixology inspect` shows their norms"
      )
    }
    return try written(merged.sites) { attempt in
      try PEFTAdapter.write(merged.adapter, to: attempt, layers: layers)
      return try FileManager.default.attributesOfItem(atPath: weights(attempt))[.size] as? Int ?? 0
    }
  }

  /// The parts of a model that routes, each for the "task" that has its folder's name.
  ///
  /// - Throws: a `Diagnostic` where the method has to see texts, which folders of adapters do not have.
  private static func routed(
    _ recipe: MergeRecipe, _ adapters: [Adapter], _ routing: any Routing, _ method: String
  ) throws -> (model: RoutedModel, sites: [MergedSite]) {
    guard routing.texts == nil else {
      throw Diagnostic(
        "merge method '\(method)' looks at training texts, and adapters in folders have none",
        hint: "name it under 'merges' of an experiment's manifest")
    }
    let experts = zip(recipe.models, adapters).map { model, adapter in
      RoutedExpert(name: model.name, tasks: [model.name], adapter: adapter, weight: model.weight)
    }
    return try RoutedMerger.model(of: experts, by: routing, method: method)
  }

  private static func weights(_ folder: String) -> String { folder + "/adapter_model.safetensors" }

  private static func adapter(_ model: MergeRecipe.Model, leavingOut: [String]) throws -> Adapter {
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
    return try PEFTAdapter.read(model.path, leavingOut: leavingOut)
  }

  /// The base's linear layers, after every adapter was held against them; none where the recipe names no base.
  private static func checkedLayers(
    _ recipe: MergeRecipe, _ adapters: [Adapter], _ environment: [String: String]
  ) throws -> [String] {
    try Adapter.checkTogether(adapters, haveOneBase: recipe.base != nil)
    guard let base = recipe.base else { return [] }
    let path = try BaseLocator.resolve(base, relativeTo: recipe.folder, environment: environment)
    // Bases of families that cannot be trained here have adapters too.
    let idle = (try? NetworkFamilies.describe(folder: path))?.idle ?? []
    let checkpoint = try NetworkFamilies.checkpoint(folder: path)
    for adapter in adapters {
      try adapter.check(against: checkpoint.linearLayers(isFanInFanOut: adapter.isFanInFanOut))
    }
    return Set(try checkpoint.linearLayers(isFanInFanOut: false).keys).union(idle).sorted()
  }

  /// - Parameter contents: Writes the model's own files into a folder and returns their bytes.
  private static func write(
    _ record: Record, to folder: String, _ contents: (String) throws -> Int
  ) throws -> Int {
    try FolderAttempt.write(folder) { attempt in
      let size = try contents(attempt)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      let bytes = Array(try encoder.encode(record)) + [0x0a]
      try AtomicFile.write(attempt + "/merge.json") { try $0.append(bytes) }
      return size
    }
  }
}
