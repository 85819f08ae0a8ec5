internal import Basics
internal import Checkpoints

extension NetworkFamily {
  /// BERT.
  static let bert = NetworkFamily(
    name: "bert",
    summary: "BERT (Devlin et al. 2019, arXiv:1810.04805) and what is built like it: MiniLM, BGE, E5, GTE",
    prefix: "bert."
  ) { file throws(Diagnostic) in
    let configuration = try BERTConfiguration(file)
    var design = configuration.design
    design.unsupported = configuration.unsupported(at: Place(file: file.path))
    return design
  }
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

extension BERTConfiguration {
  /// The encoder of these sizes, whatever else the configuration asks for.
  var design: EncoderDesign {
    EncoderDesign(
      family: modelType, layers: layers, hidden: hiddenSize, heads: attentionHeads,
      intermediate: intermediateSize, vocabulary: vocabularySize, positionRows: maximumPositions,
      types: tokenTypes, epsilon: Float(layerNormEpsilon), names: .bert, unsupported: [], configuration: self)
  }

  /// All that changes BERT's forward pass.
  func unsupported(at place: Place) -> [Diagnostic] {
    var problems: [Diagnostic] = []
    for (key, value, known) in [
      ("hidden_act", activation, "gelu"), ("position_embedding_type", positionEmbedding, "absolute"),
    ] where value != known {
      problems.append(
        Diagnostic("\(key) '\(value)' is not supported", at: place, hint: "supported: \(known)"))
    }
    for (key, value, does) in [
      ("is_decoder", isDecoder, "sees only the tokens before it"),
      ("add_cross_attention", crossAttends, "attends to another model as well"),
    ] where value {
      problems.append(
        Diagnostic(
          "\(key) is true, which is not supported: a token of such a model \(does)", at: place,
          hint: "take an encoder; where the model was trained as one, set \(key) to false"))
    }
    return problems
  }
}
