/// The name of a tensor of a numbered layer: `model.layers.3.mlp.up_proj.weight` is layer 3 of the stack `model.layers`.
///
/// The layer is the first component that is a number, so that experts and the like are parts of it.
public struct LayerName: Sendable, Hashable {
  /// What stands before the number.
  public let stack: String
  /// The number.
  public let layer: Int
  /// What stands behind it.
  public let rest: String

  /// Nil for a tensor outside layers.
  public init?(_ name: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard let place = parts.firstIndex(where: { Int($0).map { $0 >= 0 } ?? false }), place > 0,
      let layer = Int(parts[place])
    else { return nil }
    stack = parts[..<place].joined(separator: ".")
    self.layer = layer
    rest = parts[(place + 1)...].joined(separator: ".")
  }

  /// The name of the same tensor of another layer.
  public func name(at layer: Int) -> String { "\(stack).\(layer)" + (rest.isEmpty ? "" : ".\(rest)") }
}

/// Names of tensors that mean the same in every architecture.
public enum TensorNames {
  /// Buffers that a model makes anew when it is loaded: no weights.
  ///
  /// GPT-2's mask has the name that elsewhere is a bias, and four sizes.
  public static func isBuffer(_ name: String, dimensions: Int) -> Bool {
    ["rotary_emb.inv_freq", "attn.masked_bias", "position_ids", "token_type_ids"].contains {
      name.hasSuffix($0)
    }
      || (name.hasSuffix(".attn.bias") && dimensions == 4)
  }

  /// The path of the linear layer whose weight has this name, if it is a matrix; nil for tables of embeddings.
  public static func linearLayer(ofWeight name: String) -> String? {
    let parts = name.split(separator: ".")
    let isTable = name.contains("embed") || parts.contains("wte") || parts.contains("wpe")
    return name.hasSuffix(".weight") && !isTable ? String(name.dropLast(".weight".count)) : nil
  }

  /// Whether a tensor outside layers stands before them: it goes with the first slice.
  public static func isBeforeLayers(_ name: String) -> Bool {
    if name.contains("embed_out") { return false }
    return ["embed", "wte", "wpe"].contains { name.contains($0) }
  }

  /// The output layer that shares the embeddings where they are tied.
  public static func isTiedHead(_ name: String) -> Bool {
    tiedHeads.contains { name == $0 || name.hasSuffix("." + $0) }
  }

  /// What that layer may be called.
  public static let tiedHeads = ["lm_head.weight", "embed_out.weight", "cls.predictions.decoder.weight"]

  /// Whether a name is that of a module, or of something in it: `classifier` has `classifier.weight`.
  public static func isPart(_ name: String, of module: String) -> Bool { ".\(name).".contains(".\(module).") }

  /// Whether the first size counts tokens.
  public static func isOfVocabulary(_ name: String) -> Bool {
    isTiedHead(name)
      || [
        "embed_tokens.weight", "wte.weight", "word_embeddings.weight", "embed_in.weight",
        "tok_embeddings.weight",
        "cls.predictions.decoder.bias", "cls.predictions.bias", "lm_head.bias",
      ].contains { name.hasSuffix($0) }
  }
}
