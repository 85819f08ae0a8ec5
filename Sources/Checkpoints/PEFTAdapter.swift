public import Adapters
public import Basics
internal import Foundation
internal import LinearAlgebra
internal import Outlines

/// Adapters on disk as PEFT has them: `adapter_config.json` and `adapter_model.safetensors`.
public enum PEFTAdapter {
  private static let prefix = "base_model.model."

  /// Reads an adapter; F32 factors are views of the mapped file.
  ///
  /// Beside the factors of an output layer PEFT stores the frozen weight that they change, `<layer>.base_layer.weight`. It
  /// is a copy of the base's and no part of ΔW = s·B·A, so that the change without it is the whole one.
  /// - Parameter leavingOut: Modules saved whole beside the factors (heads) that the caller does without.
  /// - Throws: a `Diagnostic` for what is broken, and with the reason for what is not plain LoRA.
  public static func read(_ folder: String, leavingOut: [String] = []) throws(Diagnostic) -> Adapter {
    let configuration = try PEFTConfiguration(
      path: folder + "/adapter_config.json", leavingOut: leavingOut)
    let file = try tensors(in: folder)
    var factors: [String: (a: String?, b: String?)] = [:]
    var frozen: [(path: String, name: String)] = []
    for name in file.names where !isSaved(name, configuration.savedModules) {
      if let path = layer(name, suffix: frozenSuffix) {
        frozen.append((path, name))
        continue
      }
      guard let (path, isA) = parts(name) else {
        throw Diagnostic(
          "the tensor '\(name)' is no LoRA factor of a linear layer", at: Place(file: file.path),
          hint: hint(for: name))
      }
      if isA {
        factors[path, default: (nil, nil)].a = name
      } else {
        factors[path, default: (nil, nil)].b = name
      }
    }
    var sites: [(path: String, delta: AdapterSite)] = []
    for path in factors.keys.sorted() {
      guard let a = factors[path]?.a, let b = factors[path]?.b else {
        let missing = factors[path]?.a == nil ? "lora_A" : "lora_B"
        throw Diagnostic("\(missing) of '\(path)' is missing", at: Place(file: file.path))
      }
      sites.append((path, try site(path, a: a, b: b, file, configuration)))
    }
    guard !sites.isEmpty else { throw Diagnostic("the adapter has no tensors", at: Place(file: file.path)) }
    for (path, name) in frozen {
      let change = sites.first { $0.path == path }?.delta
      try checkFrozen(name, beside: change, configuration.isFanInFanOut, file)
    }
    return Adapter(
      name: folder, sites: sites, usesRSLoRA: configuration.usesRSLoRA, dropout: configuration.dropout,
      targetModules: configuration.targetModules, baseModel: configuration.baseModel,
      taskType: configuration.taskType, isFanInFanOut: configuration.isFanInFanOut,
      leftOut: configuration.savedModules)
  }

  private static let frozenSuffix = ".base_layer.weight"

  /// Why a tensor that is no factor may stand there.
  private static func hint(for name: String) -> String {
    if name.contains(".lora_embedding_") { return "it adapts an embedding, and only linear layers are read" }
    // PEFT's own choice where a vocabulary was resized.
    if name.hasSuffix("embed_tokens.weight") || name.hasSuffix("embeddings.weight")
      || name.hasSuffix("lm_head.weight")
    {
      return
        "it is a whole layer, which PEFT adds where the vocabulary grew; where it did not, save the adapter "
        + "again with PEFT's save_pretrained(save_embedding_layers=False)"
    }
    return "expected \(prefix)<layer>.lora_A.weight and .lora_B.weight"
  }

  /// Checks that a weight stored beside factors is the one that they change: of its layer, and of its shape.
  ///
  /// Where the shape is another one the layer grew before the training, and the base on disk is not what was trained.
  private static func checkFrozen(
    _ name: String, beside change: AdapterSite?, _ isFanInFanOut: Bool, _ file: SafeTensorsFile
  ) throws(Diagnostic) {
    let place = Place(file: file.path, detail: "tensor '\(name)'")
    guard let change else {
      throw Diagnostic(
        "the tensor is a copy of a weight of the base, and its layer has no factors", at: place,
        hint: "save the adapter again with PEFT's save_pretrained(save_embedding_layers=False)")
    }
    let shape = [change.b.rows, change.a.columns]
    let found = try file.entry(name).shape
    // A base with Conv1D layers may have linear ones beside them.
    guard found == shape || isFanInFanOut && found == shape.reversed() else {
      throw Diagnostic(
        "the copy of the base's weight has shape \(found), the change of its layer \(shape)", at: place,
        hint: "both must come from one adapter")
    }
  }

  private static func tensors(in folder: String) throws(Diagnostic) -> SafeTensorsFile {
    let path = folder + "/adapter_model.safetensors"
    if !fileExists(path), fileExists(folder + "/adapter_model.bin") {
      throw Diagnostic(
        "adapter_model.bin is not read", at: Place(file: folder),
        hint: "save the adapter with PEFT's save_pretrained(safe_serialization=True)")
    }
    return try SafeTensorsFile(path: path)
  }

  /// Whether a tensor is part of a module that was saved whole.
  private static func isSaved(_ name: String, _ modules: [String]) -> Bool {
    guard !modules.isEmpty, name.hasPrefix(prefix), parts(name) == nil else { return false }
    return name.dropFirst(prefix.count).split(separator: ".").contains { modules.contains(String($0)) }
  }

  /// Writes an adapter that PEFT loads; the folder is made where it is missing.
  ///
  /// The commonest rank and α go into `r` and `lora_alpha`, others by full path into the patterns.
  /// - Parameters:
  ///   - layers: All linear layers of the base. Given, and where the adapter's `targetModules` name exactly the adapted
  ///     ones among them, these short names are written; else the full paths.
  public static func write(_ adapter: Adapter, to folder: String, layers: [String] = []) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Diagnostic("cannot make the folder", at: Place(file: folder))
    }
    let tensors = adapter.sites.flatMap { path, delta in
      [
        NamedTensor("\(prefix)\(path).lora_A.weight", delta.a),
        NamedTensor("\(prefix)\(path).lora_B.weight", delta.b),
      ]
    }
    try SafeTensorsWriter.write(tensors, to: folder + "/adapter_model.safetensors")
    try JSONFile.write(configuration(of: adapter, layers: layers), to: folder + "/adapter_config.json")
  }

  private static func parts(_ name: String) -> (path: String, isA: Bool)? {
    if let path = layer(name, suffix: ".lora_A.weight") { return (path, true) }
    return layer(name, suffix: ".lora_B.weight").map { ($0, false) }
  }

  /// What stands between PEFT's prefix and a suffix; nil for other names.
  private static func layer(_ name: String, suffix: String) -> String? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix),
      name.utf8.count > prefix.utf8.count + suffix.utf8.count
    else { return nil }
    return String(name.dropFirst(prefix.count).dropLast(suffix.count))
  }

  private static func site(
    _ path: String, a: String, b: String, _ file: SafeTensorsFile, _ configuration: PEFTConfiguration
  ) throws(Diagnostic) -> AdapterSite {
    let (shapeA, shapeB) = (try file.entry(a).shape, try file.entry(b).shape)
    let place = Place(file: file.path, detail: "layer '\(path)'")
    guard shapeA.count == 2, shapeB.count == 2 else {
      throw Diagnostic(
        "lora_A \(shapeA) and lora_B \(shapeB) are no matrices", at: place,
        hint: "a convolution, it seems; only linear layers are read")
    }
    guard shapeA[0] == shapeB[1], shapeA[0] > 0 else {
      throw Diagnostic(
        "lora_A \(shapeA) and lora_B \(shapeB) do not fit: (r, in) and (out, r) are needed", at: place)
    }
    let rank = configuration.rank(of: path)
    guard rank == shapeA[0] else {
      throw Diagnostic(
        "the factors have rank \(shapeA[0]), adapter_config.json says \(rank)", at: place,
        hint: "both files must come from one adapter")
    }
    return AdapterSite(a: try file.matrix(a), b: try file.matrix(b), alpha: configuration.alpha(of: path))
  }

  private static func configuration(of adapter: Adapter, layers: [String]) -> PEFTConfiguration {
    let deltas = adapter.sites.map(\.delta)
    var result = PEFTConfiguration(
      rank: commonest(deltas.map(\.rank)) ?? 1, alpha: commonest(deltas.map(\.alpha)) ?? 1)
    for (path, delta) in adapter.sites {
      if delta.rank != result.rank { result.rankPattern.append((path, Double(delta.rank))) }
      if delta.alpha != result.alpha { result.alphaPattern.append((path, delta.alpha)) }
    }
    let adapted = adapter.sites.map(\.path)
    let named = layers.filter(LayerTargets(adapter.targetModules).choose)
    // In a list PEFT takes `all-linear` for the name of a layer.
    let areNames = !adapter.targetModules.contains(LayerTargets.allWord)
    result.targetModules = areNames && named.sorted() == adapted ? adapter.targetModules : adapted
    result.dropout = adapter.dropout
    result.usesRSLoRA = adapter.usesRSLoRA
    result.isFanInFanOut = adapter.isFanInFanOut
    result.baseModel = adapter.baseModel
    result.taskType = adapter.taskType
    return result
  }

  /// The value that occurs most often, the least of equals.
  private static func commonest<Value: Hashable & Comparable>(_ values: [Value]) -> Value? {
    let counts = Dictionary(grouping: values) { $0 }.mapValues(\.count)
    return counts.keys.sorted().max { (counts[$0] ?? 0) < (counts[$1] ?? 0) }
  }
}
