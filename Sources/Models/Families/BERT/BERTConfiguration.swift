internal import Basics
internal import Checkpoints

/// What `config.json` of a BERT says; other keys of the file are left alone.
struct BERTConfiguration: Sendable, Hashable, Codable {
  /// The family: `bert`.
  var modelType: String
  /// Width C.
  var hiddenSize: Int
  /// Blocks.
  var layers: Int
  /// Attention heads; they divide the width.
  var attentionHeads: Int
  /// Width of the feed-forward layer.
  var intermediateSize: Int
  /// The longest sequence.
  var maximumPositions: Int
  /// Token types.
  var tokenTypes: Int
  /// Tokens of the vocabulary.
  var vocabularySize: Int
  /// ε of the layer norms.
  var layerNormEpsilon: Double
  /// The feed-forward layer's activation: `gelu`.
  var activation: String
  /// How positions enter: `absolute`.
  var positionEmbedding: String
  /// Whether every token sees only those before it; read, and not written, as no encoder does so.
  var isDecoder = false
  /// Whether blocks attend to the states of another model as well; read, and not written.
  var crossAttends = false

  private enum CodingKeys: String, CodingKey {
    case modelType = "model_type"
    case hiddenSize = "hidden_size"
    case layers = "num_hidden_layers"
    case attentionHeads = "num_attention_heads"
    case intermediateSize = "intermediate_size"
    case maximumPositions = "max_position_embeddings"
    case tokenTypes = "type_vocab_size"
    case vocabularySize = "vocab_size"
    case layerNormEpsilon = "layer_norm_eps"
    case activation = "hidden_act"
    case positionEmbedding = "position_embedding_type"
  }

  /// Sizes, with BERT's other settings.
  init(
    hiddenSize: Int, layers: Int, attentionHeads: Int, intermediateSize: Int, maximumPositions: Int,
    tokenTypes: Int, vocabularySize: Int
  ) {
    modelType = "bert"
    self.hiddenSize = hiddenSize
    self.layers = layers
    self.attentionHeads = attentionHeads
    self.intermediateSize = intermediateSize
    self.maximumPositions = maximumPositions
    self.tokenTypes = tokenTypes
    self.vocabularySize = vocabularySize
    layerNormEpsilon = 1e-12
    activation = "gelu"
    positionEmbedding = "absolute"
  }

  /// Reads a configuration; keys that BERT's own configuration has defaults for may be missing.
  ///
  /// - Throws: a `Diagnostic` that names file and key.
  init(_ file: JSONFile) throws(Diagnostic) {
    func size(_ key: CodingKeys) throws(Diagnostic) -> Int { try file.size(key.rawValue) }
    func word(_ key: CodingKeys, default other: String) throws(Diagnostic) -> String {
      try file.optional(key.rawValue, "a string") { $0.text } ?? other
    }
    modelType = NetworkFamily.bert.name
    hiddenSize = try size(.hiddenSize)
    layers = try size(.layers)
    attentionHeads = try size(.attentionHeads)
    intermediateSize = try size(.intermediateSize)
    maximumPositions = try size(.maximumPositions)
    vocabularySize = try size(.vocabularySize)
    tokenTypes = try file.optional(CodingKeys.tokenTypes.rawValue, "a whole number") { $0.integer } ?? 2
    layerNormEpsilon = try file.epsilon(CodingKeys.layerNormEpsilon.rawValue, usual: 1e-12)
    activation = try word(.activation, default: "gelu")
    positionEmbedding = try word(.positionEmbedding, default: "absolute")
    isDecoder = try file.optional("is_decoder", "true or false") { $0.flag } ?? false
    crossAttends = try file.optional("add_cross_attention", "true or false") { $0.flag } ?? false
    try file.check(width: hiddenSize, heads: attentionHeads, keys: ("hidden_size", "num_attention_heads"))
  }
}
