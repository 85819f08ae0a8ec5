internal import Basics
internal import Checkpoints

extension NetworkFamily {
  /// MPNet: BERT's blocks with a bias by the distance of two tokens in every attention, and no token types.
  static let mpNet = NetworkFamily(
    name: "mpnet", summary: "MPNet (Song et al. 2020, arXiv:2004.09297): all-mpnet-base-v2", prefix: "mpnet."
  ) { file throws(Diagnostic) in
    let configuration = try MPNetConfiguration(file)
    return EncoderDesign(
      family: configuration.modelType, layers: configuration.layers, hidden: configuration.width,
      heads: configuration.heads, intermediate: configuration.feedForward,
      vocabulary: configuration.vocabulary, positionRows: configuration.positionRows,
      padding: configuration.padding, types: nil,
      readsDistances: true,
      epsilon: Float(configuration.epsilon), names: .mpNet,
      unsupported: configuration.unsupported(at: Place(file: file.path)), configuration: configuration)
  }
}

extension EncoderNames {
  /// As transformers' MPNetModel has them.
  fileprivate static let mpNet = EncoderNames(
    words: "embeddings.word_embeddings.weight", positions: "embeddings.position_embeddings.weight",
    distances: "encoder.relative_attention_bias.weight", embeddingNorm: "embeddings.LayerNorm",
    prefix: "encoder.layer", attention: "attention.attn", query: "attention.attn.q",
    key: "attention.attn.k", value: "attention.attn.v", attentionOutput: "attention.attn.o",
    attentionNorm: "attention.LayerNorm", intermediate: "intermediate.dense", output: "output.dense",
    outputNorm: "output.LayerNorm", idle: ["pooler.dense"])
}

/// What config.json of an MPNet says.
private struct MPNetConfiguration: Encodable, Sendable {
  let modelType: String
  let width: Int
  let layers: Int
  let heads: Int
  let feedForward: Int
  let positionRows: Int
  let padding: Int32
  let vocabulary: Int
  let buckets: Int
  let epsilon: Double
  let activation: String

  private enum CodingKeys: String, CodingKey {
    case modelType = "model_type"
    case width = "hidden_size"
    case layers = "num_hidden_layers"
    case heads = "num_attention_heads"
    case feedForward = "intermediate_size"
    case positionRows = "max_position_embeddings"
    case padding = "pad_token_id"
    case vocabulary = "vocab_size"
    case buckets = "relative_attention_num_buckets"
    case epsilon = "layer_norm_eps"
    case activation = "hidden_act"
  }

  init(_ file: JSONFile) throws(Diagnostic) {
    func size(_ key: CodingKeys) throws(Diagnostic) -> Int { try file.size(key.rawValue) }
    modelType = NetworkFamily.mpNet.name
    width = try size(.width)
    layers = try size(.layers)
    heads = try size(.heads)
    feedForward = try size(.feedForward)
    positionRows = try size(.positionRows)
    vocabulary = try size(.vocabulary)
    // transformers' embeddings take 1, whatever the configuration says.
    padding = 1
    buckets =
      try file.optional(CodingKeys.buckets.rawValue, "a whole number") { $0.integer } ?? 32
    epsilon = try file.epsilon(CodingKeys.epsilon.rawValue, usual: 1e-12)
    activation = try file.optional(CodingKeys.activation.rawValue, "a string") { $0.text } ?? "gelu"
    try file.check(width: width, heads: heads, keys: (CodingKeys.width.rawValue, CodingKeys.heads.rawValue))
  }

  func unsupported(at place: Place) -> [Diagnostic] {
    var problems: [Diagnostic] = []
    if activation != "gelu" {
      problems.append(
        Diagnostic("hidden_act '\(activation)' is not supported", at: place, hint: "supported: gelu"))
    }
    if buckets != RelativeDistances.buckets {
      problems.append(
        Diagnostic(
          "\(CodingKeys.buckets.rawValue) \(buckets) is not supported", at: place,
          hint: "transformers reads 32 of them, whatever a configuration says"))
    }
    return problems
  }
}
