internal import Adapters
internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra
internal import Merging

/// A model of a checkpoint merge, opened: no weight of it is in memory.
struct CheckpointModel: Sendable {
  let reference: CheckpointRecipe.Reference
  let folder: String
  let configuration: CheckpointConfiguration
  /// The names of its weights as the merge calls them, without buffers, tied heads and what is left out, sorted.
  private(set) var names: [String]
  /// Its names that the merge leaves out.
  let dropped: [String]
  /// Modules that its adapter saved whole, which the merge leaves out: its own stay.
  let droppedOfAdapter: [String]
  /// The files with weights, sorted.
  var files: [String] { checkpoint.files }
  /// An index of shards that is passed over for a file with all weights; nil where there is none.
  var ignoredIndex: String? { checkpoint.ignoredIndex }
  private let checkpoint: Checkpoint
  /// What a weight is called in its files, where the merge has another name for it.
  private var storedNames: [String: String] = [:]
  /// Changes of an adapter, by the stored name of the weight.
  private let changes: [String: LowRank]

  /// Opens a model.
  ///
  /// - Parameters:
  ///   - leavingOut: Modules that no model has a part of in the merge.
  ///   - ofAdapters: Modules that adapters saved whole and that are left out there alone.
  /// - Throws: a `Diagnostic` where it cannot be found or read, or its adapter does not fit.
  init(
    _ reference: CheckpointRecipe.Reference, leavingOut: [String], ofAdapters: [String],
    relativeTo folder: String, environment: [String: String]
  ) throws {
    self.reference = reference
    self.folder = try ModelLocator.folder(of: reference.model, relativeTo: folder, environment)
    configuration = try CheckpointConfiguration(folder: self.folder)
    if let problem = configuration.quantisation { throw problem }
    let checkpoint = try Checkpoint(folder: self.folder, asStored: true)
    self.checkpoint = checkpoint
    let tied = configuration.flag("tie_word_embeddings")
    let isTied = tied ?? false
    let isUsed = { (name: String) throws(Diagnostic) -> Bool in
      let dimensions = try checkpoint.entry(name).shape.count
      return !TensorNames.isBuffer(name, dimensions: dimensions) && !(isTied && TensorNames.isTiedHead(name))
        && !leavingOut.contains { TensorNames.isPart(name, of: $0) }
    }
    var (names, dropped) = ([String](), [String]())
    for name in checkpoint.names {
      if try isUsed(name) { names.append(name) } else { dropped.append(name) }
    }
    (self.names, self.dropped) = (names, dropped)
    let adapter = try ModelLocator.adapter(of: reference, relativeTo: folder, environment).map {
      try PEFTAdapter.read($0, leavingOut: leavingOut + ofAdapters)
    }
    droppedOfAdapter = adapter?.leftOut ?? []
    changes = try adapter.map { try Self.changes($0, checkpoint, names, isTied: tied) } ?? [:]
  }

  /// Calls the weights as another model does whose layers have a prefix more or less: `bert.encoder` and `encoder`.
  ///
  /// - Returns: What a user should know; nil where nothing was renamed.
  mutating func rename(like other: CheckpointModel) -> String? {
    guard let own = stack, let wanted = other.stack, own != wanted else { return nil }
    var renamed: [String: String] = [:]
    let text: String
    if own.hasSuffix("." + wanted) {
      let prefix = String(own.dropLast(wanted.count))
      for name in names {
        renamed[name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name] = stored(name)
      }
      text = "the names of \(reference) begin with '\(prefix)', those of \(other.reference) do not"
    } else if wanted.hasSuffix("." + own) {
      let prefix = String(wanted.dropLast(own.count))
      // Heads lie outside what has the prefix.
      let others = Set(other.names)
      for name in names { renamed[others.contains(name) ? name : prefix + name] = stored(name) }
      text = "the names of \(other.reference) begin with '\(prefix)', those of \(reference) do not"
    } else {
      return nil
    }
    guard renamed.count == names.count else { return nil }
    storedNames = renamed
    names = renamed.keys.sorted()
    return text + ": they count as the same"
  }

  /// Whether layer norms have their names of old, gamma and beta.
  var hasOldNames: Bool { names.contains { Checkpoint.todaysName($0) != $0 } }

  /// Calls layer norms as transformers does today.
  ///
  /// - Returns: What a user should know; nil where nothing was renamed.
  mutating func renameAsToday() -> String? {
    var renamed: [String: String] = [:]
    for name in names { renamed[Checkpoint.todaysName(name)] = stored(name) }
    guard renamed.count == names.count, hasOldNames else { return nil }
    storedNames = renamed
    names = renamed.keys.sorted()
    return
      "\(reference) calls its layer norms gamma and beta, others weight and bias: they count as the same, "
      + "and the result has today's names"
  }

  /// What stands before the number of the first layer.
  private var stack: String? { names.lazy.compactMap { LayerName($0)?.stack }.first }

  private func stored(_ name: String) -> String { storedNames[name] ?? name }

  /// ΔW by the names of the checkpoint, which may have a prefix that the adapter's paths lack.
  private static func changes(
    _ adapter: Adapter, _ checkpoint: Checkpoint, _ used: [String], isTied: Bool?
  ) throws -> [String: LowRank] {
    var changes: [String: LowRank] = [:]
    for (path, delta) in adapter.sites {
      let weight = path + ".weight"
      let place = Place(file: adapter.name, detail: "layer '\(path)'")
      for (factor, matrix) in [("lora_A", delta.a), ("lora_B", delta.b)]
      where !matrix.values.allSatisfy(\.isFinite) {
        throw Diagnostic(
          "\(factor) of the adapter holds NaN or infinity", at: place,
          hint: "no number made from it would mean anything: train or fetch the adapter again")
      }
      let names = Self.names(of: weight, in: checkpoint)
      // Some families are tied where their configuration says nothing, and then store no head.
      if TensorNames.isTiedHead(names.first ?? weight), isTied ?? names.isEmpty {
        throw Diagnostic(
          "the adapter changes '\(names.first ?? weight)', which is tied to the embeddings", at: place,
          hint: "the merge would lose the change: untie the head (a weight of its own and "
            + "tie_word_embeddings: false), or use an adapter without it")
      }
      guard let name = names.first else {
        throw Diagnostic(
          "the checkpoint has no weight '\(weight)'", at: place,
          hint: "the adapter was made for another model than \(checkpoint.folder)")
      }
      guard names.count == 1 else {
        throw Diagnostic(
          "the checkpoint has \(names.count) weights of that name: \(names.joined(separator: ", "))",
          at: place,
          hint: "the adapter was made for another model than \(checkpoint.folder)")
      }
      guard used.contains(name) else {
        throw Diagnostic(
          "the adapter changes '\(name)', which the merge leaves out", at: place,
          hint: "the merge would lose the change: use an adapter without it")
      }
      let shape = try checkpoint.entry(name).shape
      let plain = adapter.lowRank(delta)
      // Layers as GPT-2's hold the transpose.
      let change =
        adapter.isFanInFanOut
        ? LowRank(b: plain.a.transposed, a: plain.b.transposed, scale: plain.scale) : plain
      guard shape == [change.rows, change.columns] else {
        throw Diagnostic(
          "'\(name)' has shape \(shape), the adapter's change \([change.rows, change.columns])", at: place,
          hint: "the adapter was made for another model than \(checkpoint.folder)")
      }
      changes[name] = change
    }
    return changes
  }

  /// The weights that an adapter may mean: of two classes of a model one has a prefix more, `bert.` or `model.`.
  private static func names(of weight: String, in checkpoint: Checkpoint) -> [String] {
    if checkpoint.has(weight) { return [weight] }
    let longer = checkpoint.names.filter { $0.hasSuffix("." + weight) }
    guard longer.isEmpty, let dot = weight.firstIndex(of: ".") else { return longer }
    let shorter = String(weight[weight.index(after: dot)...])
    return LayerName(shorter) != nil && checkpoint.has(shorter) ? [shorter] : []
  }

  /// What a weight is.
  func entry(_ name: String) throws(Diagnostic) -> TensorEntry { try checkpoint.entry(stored(name)) }

  /// Where a weight lies.
  func location(of name: String) throws(Diagnostic) -> Place { try checkpoint.location(of: stored(name)) }

  /// How many numbers of a weight are NaN or infinite.
  func specials(_ name: String) throws(Diagnostic) -> Int { try checkpoint.stored(stored(name)).specials }

  /// The bytes of a weight, as stored.
  func bytes(_ name: String) throws(Diagnostic) -> [UInt8] { try checkpoint.bytes(stored(name)) }

  /// A weight with the adapter's change.
  func tensor(_ name: String) throws -> ModelTensor {
    let stored = stored(name)
    return ModelTensor(
      try checkpoint.stored(stored), shape: try checkpoint.entry(stored).shape, adding: changes[stored])
  }

  /// A weight as one row per token, also where it is a vector.
  func embeddings(_ name: String) throws -> ModelTensor {
    let shape = try entry(name).shape
    return shape.count > 1
      ? try tensor(name) : ModelTensor(try checkpoint.stored(stored(name)), shape: [shape.first ?? 1, 1])
  }
}
