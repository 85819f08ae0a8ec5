internal import Basics
internal import Checkpoints

/// What an encoder's family calls the settings of its config.json.
struct EncoderKeys: Sendable {
  /// Width C; a second word is one that transformers takes as well.
  var width = ["hidden_size"]
  /// Blocks.
  var layers = ["num_hidden_layers"]
  /// Attention heads; they divide the width.
  var heads = ["num_attention_heads"]
  /// Width F of the feed-forward layer.
  var intermediate = ["intermediate_size"]
  /// Rows of the table of positions.
  var positions = ["max_position_embeddings"]
  /// Tokens of the vocabulary.
  var vocabulary = ["vocab_size"]
  /// Token types; nil where the family knows none.
  var types: String?
  /// ε of the layer norms; nil where the family has 1e-12 and no word for it.
  var epsilon: String? = "layer_norm_eps"
  /// The feed-forward layer's activation.
  var activation = "hidden_act"
}

extension EncoderDesign {
  /// The encoder that a config.json describes, whatever else the file asks for: what that is, the family adds to
  /// `unsupported`.
  ///
  /// Keys that transformers has defaults for in every family may be missing.
  /// - Throws: a `Diagnostic` that names file and key.
  init(_ file: JSONFile, family: String, keys: EncoderKeys, names: EncoderNames) throws(Diagnostic) {
    let word = try file.optional(keys.activation, "a string") { $0.text } ?? Activation.gelu.name
    try self.init(
      family: family, layers: file.size(keys.layers), hidden: file.size(keys.width),
      heads: file.size(keys.heads), intermediate: file.size(keys.intermediate),
      vocabulary: file.size(keys.vocabulary), positionRows: file.size(keys.positions), keys: keys,
      names: names)
    if let key = keys.types { types = try file.optional(key, "a whole number") { $0.integer } ?? 2 }
    if let key = keys.epsilon { epsilon = try file.epsilon(key, usual: epsilon) }
    try file.check(width: hidden, heads: heads, keys: (keys.width[0], keys.heads[0]))
    if let known = Activations.all.entries.first(where: { $0.name == word }) {
      activation = known
    } else {
      unsupported = file.unsupported(
        keys.activation, word, known: Activations.all.names.joined(separator: ", "))
    }
  }

  /// What a config.json says of the encoder, as transformers reads it.
  var configuration: [String: JSON] {
    var all: [String: JSON] = [
      "model_type": .text(family), keys.activation: .text(activation.name),
      keys.width[0]: .whole(hidden), keys.layers[0]: .whole(layers),
      keys.heads[0]: .whole(heads), keys.intermediate[0]: .whole(intermediate),
      keys.positions[0]: .whole(positionRows), keys.vocabulary[0]: .whole(vocabulary),
    ]
    if let key = keys.types, let types { all[key] = .whole(types) }
    if let key = keys.epsilon { all[key] = JSON(epsilon) }
    return all.merging(constants) { own, _ in own }
  }
}

extension JSONFile {
  /// A size that may go by several words; where two of them stand there they must agree.
  fileprivate func size(_ words: [String]) throws(Diagnostic) -> Int {
    let given = words.filter { tree[$0] != nil }
    let size = try size(given.first ?? words[0])
    for other in given.dropFirst() where try self.size(other) != size {
      throw Diagnostic(
        "'\(given[0])' and '\(other)' are two words for one size, and differ", at: Place(file: path),
        hint: "keep '\(given[0])', as the weights have it")
    }
    return size
  }

  /// What is told of a word that the network does not compute.
  func unsupported(_ key: String, _ value: String, known: String) -> [Diagnostic] {
    if value == known { return [] }
    return [
      Diagnostic("\(key) '\(value)' is not supported", at: Place(file: path), hint: "supported: \(known)")
    ]
  }
}
