internal import Basics
internal import Checkpoints

extension NetworkFamily {
  /// DistilBERT: BERT's blocks under other names, without token types.
  static let distilBERT = NetworkFamily(
    name: "distilbert", summary: "DistilBERT (Sanh et al. 2019, arXiv:1910.01108)", prefix: "distilbert."
  ) { file throws(Diagnostic) in
    let configuration = try DistilBERTConfiguration(file)
    return EncoderDesign(
      family: configuration.modelType, layers: configuration.layers, hidden: configuration.width,
      heads: configuration.heads, intermediate: configuration.feedForward,
      vocabulary: configuration.vocabulary, positionRows: configuration.positions, types: nil,
      epsilon: 1e-12, names: .distilBERT, unsupported: configuration.unsupported(at: Place(file: file.path)),
      configuration: configuration)
  }
}

extension EncoderNames {
  /// As transformers' DistilBertModel has them.
  fileprivate static let distilBERT = EncoderNames(
    words: "embeddings.word_embeddings.weight", positions: "embeddings.position_embeddings.weight",
    embeddingNorm: "embeddings.LayerNorm", prefix: "transformer.layer", attention: "attention",
    query: "attention.q_lin", key: "attention.k_lin", value: "attention.v_lin",
    attentionOutput: "attention.out_lin", attentionNorm: "sa_layer_norm", intermediate: "ffn.lin1",
    output: "ffn.lin2", outputNorm: "output_layer_norm")
}

/// What config.json of a DistilBERT says.
private struct DistilBERTConfiguration: Encodable, Sendable {
  let modelType: String
  let width: Int
  let layers: Int
  let heads: Int
  let feedForward: Int
  let positions: Int
  let vocabulary: Int
  let activation: String

  private enum CodingKeys: String, CodingKey {
    case modelType = "model_type"
    case width = "dim"
    case layers = "n_layers"
    case heads = "n_heads"
    case feedForward = "hidden_dim"
    case positions = "max_position_embeddings"
    case vocabulary = "vocab_size"
    case activation
  }

  init(_ file: JSONFile) throws(Diagnostic) {
    /// transformers takes BERT's words as well, and of two the later one.
    func size(_ key: CodingKeys, or other: String? = nil) throws(Diagnostic) -> Int {
      guard let other, file.tree[other] != nil else { return try file.size(key.rawValue) }
      let size = try file.size(other)
      if file.tree[key.rawValue] != nil, try file.size(key.rawValue) != size {
        throw Diagnostic(
          "'\(key.rawValue)' and '\(other)' are two words for one size, and differ",
          at: Place(file: file.path),
          hint: "keep '\(key.rawValue)', as the weights have it")
      }
      return size
    }
    modelType = NetworkFamily.distilBERT.name
    width = try size(.width, or: "hidden_size")
    layers = try size(.layers, or: "num_hidden_layers")
    heads = try size(.heads, or: "num_attention_heads")
    feedForward = try size(.feedForward)
    positions = try size(.positions)
    vocabulary = try size(.vocabulary)
    activation = try file.optional(CodingKeys.activation.rawValue, "a string") { $0.text } ?? "gelu"
    try file.check(width: width, heads: heads, keys: (CodingKeys.width.rawValue, CodingKeys.heads.rawValue))
  }

  func unsupported(at place: Place) -> [Diagnostic] {
    if activation == "gelu" { return [] }
    return [Diagnostic("activation '\(activation)' is not supported", at: place, hint: "supported: gelu")]
  }
}
