internal import Basics
internal import Checkpoints

extension NetworkFamily {
  /// MPNet: BERT's blocks with a bias by the distance of two tokens in every attention, and no token types.
  static let mpNet = NetworkFamily(
    name: "mpnet", summary: "MPNet (Song et al. 2020, arXiv:2004.09297): all-mpnet-base-v2",
    prefix: .takenOff("mpnet.")
  ) { file throws(Diagnostic) in
    var design = try EncoderDesign(file, family: "mpnet", keys: EncoderKeys(), names: .mpNet)
    // transformers' embeddings take 1, whatever the configuration says.
    design.padding = 1
    design.readsDistances = true
    let key = "relative_attention_num_buckets"
    design.constants = [
      "pad_token_id": .whole(1), key: .whole(RelativeDistances.buckets),
    ]
    let buckets = try file.optional(key, "a whole number") { $0.integer } ?? RelativeDistances.buckets
    if buckets != RelativeDistances.buckets {
      design.unsupported.append(
        Diagnostic(
          "\(key) \(buckets) is not supported", at: Place(file: file.path),
          hint: "transformers reads \(RelativeDistances.buckets) of them, whatever a configuration says"))
    }
    return design
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
