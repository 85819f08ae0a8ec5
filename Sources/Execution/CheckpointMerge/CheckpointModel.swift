internal import Basics
internal import Checkpoints
internal import Experiment
internal import Foundation
internal import LinearAlgebra
internal import Merging

/// A model of a checkpoint merge, opened: no weight of it is in memory.
struct CheckpointModel: Sendable {
  let reference: CheckpointRecipe.Reference
  let folder: String
  let checkpoint: Checkpoint
  let configuration: CheckpointConfiguration
  /// The names of its weights, without buffers and tied heads, sorted.
  let names: [String]
  /// Changes of an adapter, by the name of the weight.
  private let changes: [String: LowRank]

  /// Opens a model.
  ///
  /// - Throws: a `Diagnostic` where it cannot be found or read, or its adapter does not fit.
  init(
    _ reference: CheckpointRecipe.Reference, relativeTo folder: String, environment: [String: String]
  ) throws {
    self.reference = reference
    self.folder = try Self.find(reference.model, relativeTo: folder, environment)
    configuration = try CheckpointConfiguration(folder: self.folder)
    let checkpoint = try Checkpoint(folder: self.folder, asStored: true)
    self.checkpoint = checkpoint
    let isTied = configuration.flag("tie_word_embeddings") ?? false
    names = checkpoint.names.filter {
      !TensorNames.isBuffer($0) && !(isTied && TensorNames.isTiedHead($0))
    }
    changes =
      try reference.adapter.map {
        try Self.changes(try Self.find(adapter: $0, relativeTo: folder), checkpoint)
      } ?? [:]
  }

  /// The recipe's folder goes first; mergekit starts from where it is called, so that comes next.
  private static func find(
    _ name: String, relativeTo folder: String, _ environment: [String: String]
  ) throws -> String {
    let files = FileManager.default
    if !name.hasPrefix("/"), !files.fileExists(atPath: "\(folder)/\(name)/config.json"),
      files.fileExists(atPath: name + "/config.json")
    {
      return name
    }
    let own = name.hasPrefix("/") ? name : "\(folder)/\(name)"
    if files.fileExists(atPath: own + "/adapter_config.json"), !files.fileExists(atPath: own + "/config.json")
    {
      throw Diagnostic(
        "this is an adapter among checkpoints", at: Place(file: own),
        hint: "write checkpoint+\(name) to fold it into one")
    }
    return try BaseLocator.resolve(name, relativeTo: folder, environment: environment)
  }

  private static func find(adapter name: String, relativeTo folder: String) throws(Diagnostic) -> String {
    let candidates = name.hasPrefix("/") ? [name] : ["\(folder)/\(name)", name]
    let files = FileManager.default
    if let found = candidates.first(where: { files.fileExists(atPath: $0 + "/adapter_config.json") }) {
      return found
    }
    throw Diagnostic(
      "cannot find the adapter '\(name)'",
      hint: "a folder with adapter_config.json was looked for at:"
        + candidates.map { "\n    \($0)" }.joined())
  }

  /// ΔW by the names of the checkpoint, which may have a prefix that the adapter's paths lack.
  private static func changes(_ folder: String, _ checkpoint: Checkpoint) throws -> [String: LowRank] {
    let adapter = try PEFTAdapter.read(folder)
    var changes: [String: LowRank] = [:]
    for (path, delta) in adapter.sites {
      let weight = path + ".weight"
      let place = Place(file: folder, detail: "layer '\(path)'")
      guard
        let name = checkpoint.names.first(where: { $0 == weight })
          ?? checkpoint.names.first(where: { $0.hasSuffix("." + weight) })
      else {
        throw Diagnostic(
          "the checkpoint has no weight '\(weight)'", at: place,
          hint: "the adapter was made for another model than \(checkpoint.folder)")
      }
      let shape = try checkpoint.entry(name).shape
      let change = adapter.lowRank(delta)
      guard shape == [change.rows, change.columns] else {
        throw Diagnostic(
          "'\(name)' has shape \(shape), the adapter's change \([change.rows, change.columns])", at: place,
          hint: "the adapter was made for another model than \(checkpoint.folder)")
      }
      changes[name] = change
    }
    return changes
  }

  /// A weight with the adapter's change.
  func tensor(_ name: String) throws -> ModelTensor {
    ModelTensor(
      try checkpoint.stored(name), shape: try checkpoint.entry(name).shape, adding: changes[name])
  }

  /// A weight as one row per token, also where it is a vector.
  func embeddings(_ name: String) throws -> ModelTensor {
    let shape = try checkpoint.entry(name).shape
    return shape.count > 1
      ? try tensor(name) : ModelTensor(try checkpoint.stored(name), shape: [shape.first ?? 1, 1])
  }

  /// Whether a weight is just what is stored.
  func isPlain(_ name: String) -> Bool { changes[name] == nil }
}
