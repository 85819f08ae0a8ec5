internal import Basics
internal import Checkpoints

extension NetworkFamily {
  /// DistilBERT: BERT's blocks under other names, without token types.
  static let distilBERT = NetworkFamily(
    name: "distilbert", summary: "DistilBERT (Sanh et al. 2019, arXiv:1910.01108)",
    prefix: .takenOff("distilbert.")
  ) { file throws(Diagnostic) in
    try EncoderDesign(file, family: "distilbert", keys: .distilBERT, names: .distilBERT)
  }
}

extension EncoderKeys {
  /// As transformers' DistilBertConfig has them, which takes some of BERT's words too.
  fileprivate static let distilBERT = EncoderKeys(
    width: ["dim", "hidden_size"], layers: ["n_layers", "num_hidden_layers"],
    heads: ["n_heads", "num_attention_heads"], intermediate: ["hidden_dim"], epsilon: nil,
    activation: "activation")
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
