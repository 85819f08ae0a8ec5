import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Recipes
import TestSupport

/// The checkpoints of `Tests/Golden/checkpoints/generate_checkpoints.py`, made again from the same numbers.
enum TinyCheckpoint {
  static let llamaConfiguration = """
    {
      "architectures": ["LlamaForCausalLM"],
      "model_type": "llama",
      "hidden_size": 8,
      "num_hidden_layers": 3,
      "intermediate_size": 12,
      "vocab_size": 10,
      "num_attention_heads": 2,
      "num_key_value_heads": 1,
      "tie_word_embeddings": false,
      "rope_theta": 10000.0,
      "torch_dtype": "float32"
    }
    """

  static let bertConfiguration = """
    {"architectures": ["BertModel"], "model_type": "bert", "hidden_size": 8, "num_hidden_layers": 2, "vocab_size": 10}
    """

  static var llamaShapes: [String: [Int]] {
    var shapes = [
      "model.embed_tokens.weight": [10, 8], "model.norm.weight": [8], "lm_head.weight": [10, 8],
    ]
    for i in 0..<3 {
      let layer = "model.layers.\(i)."
      for (name, shape) in [
        ("self_attn.q_proj", [8, 8]), ("self_attn.k_proj", [4, 8]), ("self_attn.v_proj", [4, 8]),
        ("self_attn.o_proj", [8, 8]), ("mlp.gate_proj", [12, 8]), ("mlp.up_proj", [12, 8]),
        ("mlp.down_proj", [8, 12]), ("input_layernorm", [8]), ("post_attention_layernorm", [8]),
      ] { shapes[layer + name + ".weight"] = shape }
    }
    return shapes
  }

  static var bertShapes: [String: [Int]] {
    var shapes = [
      "embeddings.word_embeddings.weight": [10, 8], "embeddings.position_embeddings.weight": [6, 8],
      "embeddings.token_type_embeddings.weight": [2, 8], "embeddings.LayerNorm.weight": [8],
      "embeddings.LayerNorm.bias": [8], "pooler.dense.weight": [8, 8], "pooler.dense.bias": [8],
    ]
    for i in 0..<2 {
      let layer = "encoder.layer.\(i)."
      for (name, shape) in [
        ("attention.self.query", [8, 8]), ("attention.self.key", [8, 8]), ("attention.self.value", [8, 8]),
        ("attention.output.dense", [8, 8]), ("intermediate.dense", [12, 8]), ("output.dense", [8, 12]),
      ] {
        shapes[layer + name + ".weight"] = shape
        shapes[layer + name + ".bias"] = [shape[0]]
      }
      for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
        shapes[layer + name + ".weight"] = [8]
        shapes[layer + name + ".bias"] = [8]
      }
    }
    return shapes
  }

  /// The generator's SplitMix64.
  private struct Numbers {
    var state: UInt64

    mutating func tensor(_ shape: [Int], scale: Double) -> [Float] {
      (0..<shape.reduce(1, *)).map { _ in
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        z ^= z >> 31
        return Float((Double(z >> 43) - 0x1p20) / 0x1p20 * scale)
      }
    }
  }

  /// The weights of model 0, the base, or of one of those beside it.
  static func weights(_ shapes: [String: [Int]], model: Int) -> [NamedTensor] {
    var base = Numbers(state: 1)
    var change = Numbers(state: UInt64(100 + model))
    return shapes.keys.sorted().map { name in
      let shape = shapes[name] ?? []
      var values = base.tensor(shape, scale: 1)
      if model > 0 { values = zip(values, change.tensor(shape, scale: 0.25)).map { $0 + $1 } }
      return NamedTensor(name, shape: shape, Matrix(rows: 1, columns: values.count, values: values))
    }
  }

  static func write(_ tensors: [NamedTensor], _ configuration: String, to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try SafeTensorsWriter.write(tensors, to: folder.path + "/model.safetensors")
    try Data(configuration.utf8).write(to: folder.appendingPathComponent("config.json"))
  }
}

/// A folder with `base`, `m1`, `m2`, `m3` of one family, and merges of them.
struct MergeYard {
  let scratch: Scratch
  var url: URL { scratch.url }

  init(bert: Bool = false) throws {
    scratch = try Scratch()
    let shapes = bert ? TinyCheckpoint.bertShapes : TinyCheckpoint.llamaShapes
    for model in 0..<4 {
      try TinyCheckpoint.write(
        TinyCheckpoint.weights(shapes, model: model),
        bert ? TinyCheckpoint.bertConfiguration : TinyCheckpoint.llamaConfiguration,
        to: scratch.url.appendingPathComponent(model == 0 ? "base" : "m\(model)"))
    }
  }

  /// Replaces some weights of a model, or leaves them out where they become nil.
  func change(_ model: String, _ body: (NamedTensor) -> NamedTensor?) throws {
    let folder = url.appendingPathComponent(model)
    let checkpoint = try Checkpoint(folder: folder.path, asStored: true)
    let tensors = try checkpoint.names.compactMap { name -> NamedTensor? in
      let shape = try checkpoint.entry(name).shape
      let values = try numbers(checkpoint, name)
      return body(NamedTensor(name, shape: shape, Matrix(rows: 1, columns: values.count, values: values)))
    }
    try SafeTensorsWriter.write(tensors, to: folder.path + "/model.safetensors")
  }

  @discardableResult
  func merge(
    _ recipe: String, into output: String = "out", largestShard: Int = 1 << 30, threads: Int = 2,
    environment: [String: String] = [:]
  ) throws -> CheckpointMerger.Outcome {
    let recipe = try CheckpointRecipeReader.read(recipe, path: url.path + "/r.yaml") {
      try CheckpointMerger.method($0, at: $1)
    }
    return try CheckpointMerger.merge(
      recipe, into: url.path + "/" + output,
      options: .init(
        largestShard: largestShard, threads: threads, environment: environment, version: "test"))
  }

  /// What a recipe is refused with; the yard's folder is written `YARD`.
  func refusal(_ recipe: String, environment: [String: String] = [:]) -> String {
    do {
      try merge(recipe, environment: environment)
      return "merged"
    } catch {
      return "\(error)".replacingOccurrences(of: url.path, with: "YARD")
    }
  }

  /// Writes a text into the yard.
  func write(_ text: String, to path: String) throws {
    let file = url.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  /// Gives a model a tokenizer of these tokens; those with `<` are special.
  func tokenizer(_ tokens: [String], _ model: String) throws {
    let vocabulary = tokens.enumerated().filter { !$1.hasPrefix("<") }.map { "\"\($1)\": \($0)" }
    let added = tokens.enumerated().filter { $1.hasPrefix("<") }
      .map { #"{"id": \#($0), "content": "\#($1)", "special": true, "rstrip": true}"# }
    try write(
      #"{"added_tokens": [\#(added.joined(separator: ", "))], "model": {"vocab": {\#(vocabulary.joined(separator: ", "))}}}"#,
      to: model + "/tokenizer.json")
  }

  /// All weights of a folder as floats.
  func weights(_ folder: String) throws -> [String: [Float]] {
    let checkpoint = try Checkpoint(folder: url.path + "/" + folder, asStored: true)
    var weights: [String: [Float]] = [:]
    for name in checkpoint.names { weights[name] = try numbers(checkpoint, name) }
    return weights
  }

  func text(_ path: String) throws -> String {
    try String(contentsOf: url.appendingPathComponent(path), encoding: .utf8)
  }

  private func numbers(_ checkpoint: Checkpoint, _ name: String) throws -> [Float] {
    let stored = try checkpoint.stored(name)
    let block = Matrix(rows: 1, columns: stored.count)
    stored.read(from: 0, into: block)
    return block.values
  }
}
