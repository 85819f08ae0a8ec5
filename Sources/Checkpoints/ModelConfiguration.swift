public import Basics

/// What `config.json` of a BERT-like encoder says; other keys of the file are left alone.
public struct ModelConfiguration: Sendable, Hashable, Codable {
  /// The family: `bert`.
  public var modelType: String
  /// Width C.
  public var hiddenSize: Int
  /// Blocks.
  public var layers: Int
  /// Attention heads; they divide the width.
  public var attentionHeads: Int
  /// Width of the feed-forward layer.
  public var intermediateSize: Int
  /// The longest sequence.
  public var maximumPositions: Int
  /// Token types.
  public var tokenTypes: Int
  /// Tokens of the vocabulary.
  public var vocabularySize: Int
  /// ε of the layer norms.
  public var layerNormEpsilon: Double
  /// The feed-forward layer's activation: `gelu`.
  public var activation: String
  /// How positions enter: `absolute`.
  public var positionEmbedding: String
  /// Whether every token sees only those before it; read, and not written, as no encoder does so.
  public var isDecoder = false
  /// Whether blocks attend to the states of another model as well; read, and not written.
  public var crossAttends = false

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
  public init(
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

  /// Reads `config.json` in a folder; keys that BERT's own configuration has defaults for may be missing.
  ///
  /// - Throws: a `Diagnostic` that names file and key.
  public init(folder: String) throws(Diagnostic) {
    let file = try JSONFile(path: folder + "/config.json")
    func size(_ key: CodingKeys) throws(Diagnostic) -> Int {
      try file.required(key.rawValue, "a whole number from 1") { $0.integer.flatMap { $0 > 0 ? $0 : nil } }
    }
    func word(_ key: CodingKeys, default other: String) throws(Diagnostic) -> String {
      try file.optional(key.rawValue, "a string") { $0.text } ?? other
    }
    modelType = try file.required(CodingKeys.modelType.rawValue, "a string") { $0.text }
    hiddenSize = try size(.hiddenSize)
    layers = try size(.layers)
    attentionHeads = try size(.attentionHeads)
    intermediateSize = try size(.intermediateSize)
    maximumPositions = try size(.maximumPositions)
    vocabularySize = try size(.vocabularySize)
    tokenTypes = try file.optional(CodingKeys.tokenTypes.rawValue, "a whole number") { $0.integer } ?? 2
    layerNormEpsilon =
      try file.optional(CodingKeys.layerNormEpsilon.rawValue, "a number") { $0.number } ?? 1e-12
    activation = try word(.activation, default: "gelu")
    positionEmbedding = try word(.positionEmbedding, default: "absolute")
    isDecoder = try file.optional("is_decoder", "true or false") { $0.flag } ?? false
    crossAttends = try file.optional("add_cross_attention", "true or false") { $0.flag } ?? false
    guard hiddenSize % attentionHeads == 0 else {
      throw Diagnostic(
        "'hidden_size' \(hiddenSize) does not divide by 'num_attention_heads' \(attentionHeads)",
        at: Place(file: file.path))
    }
  }

  /// Writes `config.json` into a folder, as transformers reads it.
  public func write(to folder: String) throws {
    try JSONFile.write(self, to: folder + "/config.json")
  }
}

/// How the last hidden states of a text become one vector.
public enum Pooling: String, Sendable, Hashable, Codable, CaseIterable {
  /// Their mean over the tokens.
  case mean
  /// The first token's state.
  case cls

  /// What the sentence-transformers file `1_Pooling/config.json` of a model folder says; mean where there is none.
  ///
  /// - Throws: a `Diagnostic` where it asks for anything else than mean or CLS.
  public static func read(folder: String) throws(Diagnostic) -> Pooling {
    let path = folder + "/1_Pooling/config.json"
    guard fileExists(path) else { return .mean }
    let file = try JSONFile(path: path)
    var asked: [String] = []
    for member in file.tree.members ?? .init() where member.name.hasPrefix("pooling_mode_") {
      if try file.optional(member.name, "true or false", { $0.flag }) == true { asked.append(member.name) }
    }
    if asked.isEmpty, let word = try file.optional("pooling_mode", "a string", { $0.text }) {
      asked = [word]
    }
    switch asked {
    case ["pooling_mode_mean_tokens"], ["mean"], []: return .mean
    case ["pooling_mode_cls_token"], ["cls"]: return .cls
    default:
      throw Diagnostic(
        "pooling by \(asked.joined(separator: " and ")) is not supported", at: Place(file: path),
        hint: "known: pooling_mode_mean_tokens, pooling_mode_cls_token")
    }
  }
}
