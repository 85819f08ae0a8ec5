internal import Basics
internal import Checkpoints

extension NetworkFamily {
  /// BERT.
  static let bert = NetworkFamily(
    name: "bert",
    summary: "BERT (Devlin et al. 2019, arXiv:1810.04805) and what is built like it: MiniLM, BGE, E5, GTE",
    prefix: .takenOff("bert.")
  ) { file throws(Diagnostic) in
    var design = try EncoderDesign(file, family: "bert", keys: .bert, names: .bert)
    design.constants = EncoderDesign.absolutePositions
    let positions = try file.optional("position_embedding_type", "a string") { $0.text }
    if let positions {
      design.unsupported += file.unsupported("position_embedding_type", positions, known: "absolute")
    }
    for (key, does) in [
      ("is_decoder", "sees only the tokens before it"),
      ("add_cross_attention", "attends to another model as well"),
    ] where try file.optional(key, "true or false", { $0.flag }) == true {
      design.unsupported.append(
        Diagnostic(
          "\(key) is true, which is not supported: a token of such a model \(does)",
          at: Place(file: file.path),
          hint: "take an encoder; where the model was trained as one, set \(key) to false"))
    }
    return design
  }
}

extension EncoderKeys {
  /// As transformers' BertConfig has them.
  static let bert = EncoderKeys(types: "type_vocab_size")
}

extension EncoderNames {
  /// As transformers' BertModel has them.
  static let bert = EncoderNames(
    words: "embeddings.word_embeddings.weight", positions: "embeddings.position_embeddings.weight",
    types: "embeddings.token_type_embeddings.weight", embeddingNorm: "embeddings.LayerNorm",
    prefix: "encoder.layer", attention: "attention.self", query: "attention.self.query",
    key: "attention.self.key", value: "attention.self.value", attentionOutput: "attention.output.dense",
    attentionNorm: "attention.output.LayerNorm", intermediate: "intermediate.dense", output: "output.dense",
    outputNorm: "output.LayerNorm", idle: ["pooler.dense"])
}

extension EncoderDesign {
  static let absolutePositions: [String: JSON] = [
    "position_embedding_type": .text("absolute")
  ]

  /// A BERT of some sizes, with its usual settings.
  static func bert(
    layers: Int, hidden: Int, heads: Int, intermediate: Int, vocabulary: Int, positions: Int
  ) -> EncoderDesign {
    EncoderDesign(
      family: "bert", layers: layers, hidden: hidden, heads: heads, intermediate: intermediate,
      vocabulary: vocabulary, positionRows: positions, types: 2, keys: .bert, names: .bert,
      constants: absolutePositions)
  }
}
