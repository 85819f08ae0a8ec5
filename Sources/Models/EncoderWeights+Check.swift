public import Basics
public import Checkpoints
internal import LinearAlgebra
internal import Outlines

extension EncoderShape {
  /// Name and shape of every tensor that an encoder of these sizes reads from a checkpoint.
  public var tensors: [(name: String, shape: [Int])] {
    var all: [(String, [Int])] = [
      ("embeddings.word_embeddings.weight", [vocabulary, hidden]),
      ("embeddings.position_embeddings.weight", [positions, hidden]),
      ("embeddings.token_type_embeddings.weight", [types, hidden]),
      ("embeddings.LayerNorm.weight", [hidden]), ("embeddings.LayerNorm.bias", [hidden]),
    ]
    let linear = outline.layers
    for layer in linear {
      all.append((layer.path + ".weight", [layer.out, layer.in]))
      all.append((layer.path + ".bias", [layer.out]))
      guard layer.index + 1 == linear.count || linear[layer.index + 1].block > layer.block else { continue }
      for norm in ["attention.output", "output"] {
        all.append(("encoder.layer.\(layer.block).\(norm).LayerNorm.weight", [hidden]))
        all.append(("encoder.layer.\(layer.block).\(norm).LayerNorm.bias", [hidden]))
      }
    }
    return all
  }
}

extension EncoderWeights {
  /// What keeps a checkpoint from being the weights of an encoder of some sizes: a tensor that is missing or of another
  /// shape, or numbers that are none.
  ///
  /// What many tensors share is told once. Reads every weight.
  public static func problems(_ checkpoint: Checkpoint, shape: EncoderShape) -> [Diagnostic] {
    var missing: [String] = []
    var found: [Diagnostic] = []
    for (name, wanted) in shape.tensors {
      guard checkpoint.has(name) else {
        missing.append(name)
        continue
      }
      if let problem = problem(name, wanted, checkpoint, shape) { found.append(problem) }
    }
    return absence(of: missing, in: checkpoint)
      + found.grouped { $0 == 1 ? "one more tensor" : "\($0) more tensors" }
  }

  private static func problem(
    _ name: String, _ wanted: [Int], _ checkpoint: Checkpoint, _ shape: EncoderShape
  ) -> Diagnostic? {
    do {
      try checkpoint.check(name, shape: wanted)
      guard try checkpoint.stored(name).specials > 0 else { return nil }
      return Diagnostic(
        "the tensor holds NaN or infinity", at: try checkpoint.location(of: name),
        hint:
          "no result could be trusted: fetch or make the model again, in float32 where float16 was too small")
    } catch {
      guard let rows = (try? checkpoint.entry(name))?.shape.first, rows != wanted.first,
        let key = sizes.first(where: { name == "embeddings.\($0.table).weight" })?.key
      else { return error }
      var problem = error
      problem.hint =
        "config.json has '\(key)' \(wanted[0]), and the table \(rows) rows: one of the two is of another model"
      return problem
    }
  }

  /// The keys of a config.json that say how many rows the embedding tables have.
  private static let sizes = [
    (table: "word_embeddings", key: "vocab_size"),
    (table: "position_embeddings", key: "max_position_embeddings"),
    (table: "token_type_embeddings", key: "type_vocab_size"),
  ]

  private static func absence(of missing: [String], in checkpoint: Checkpoint) -> [Diagnostic] {
    guard let first = missing.first else { return [] }
    let more = missing.count > 1 ? " and \(missing.count - 1) more that the encoder needs" : ""
    let near = nearestName(to: first, among: checkpoint.names).map { "did you mean '\($0)'?" }
    let prefix = checkpoint.names.first { $0.hasSuffix("." + first) }?.dropLast(first.count)
    let hint = prefix.map {
      "its tensors begin with '\($0)': save the encoder under the names of transformers' BertModel"
    }
    return [
      Diagnostic(
        "the checkpoint has no tensor '\(first)'\(more)",
        at: Place(file: checkpoint.files.first ?? checkpoint.folder), hint: hint ?? near)
    ]
  }
}
