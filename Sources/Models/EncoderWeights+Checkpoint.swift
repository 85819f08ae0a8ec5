public import Basics
public import Checkpoints
internal import LinearAlgebra
internal import Outlines

extension EncoderShape {
  /// The sizes that a config.json states.
  ///
  /// - Throws: the first of `unsupported`.
  public init(_ configuration: ModelConfiguration, folder: String) throws(Diagnostic) {
    if let problem = EncoderShape.unsupported(configuration, folder: folder).first { throw problem }
    self.init(sizes: configuration)
  }

  /// The sizes of a config.json, whatever else it asks for.
  public init(sizes configuration: ModelConfiguration) {
    self.init(
      layers: configuration.layers, hidden: configuration.hiddenSize, heads: configuration.attentionHeads,
      intermediate: configuration.intermediateSize, vocabulary: configuration.vocabularySize,
      positions: configuration.maximumPositions, types: configuration.tokenTypes,
      epsilon: Float(configuration.layerNormEpsilon))
  }

  /// What a config.json asks for and this encoder does not compute: all that changes BERT's forward pass.
  public static func unsupported(_ configuration: ModelConfiguration, folder: String) -> [Diagnostic] {
    let place = Place(file: folder + "/config.json")
    var problems: [Diagnostic] = []
    for (key, value, known) in [
      ("model_type", configuration.modelType, "bert"), ("hidden_act", configuration.activation, "gelu"),
      ("position_embedding_type", configuration.positionEmbedding, "absolute"),
    ] where value != known {
      problems.append(
        Diagnostic("\(key) '\(value)' is not supported", at: place, hint: "supported: \(known)"))
    }
    for (key, value, does) in [
      ("is_decoder", configuration.isDecoder, "sees only the tokens before it"),
      ("add_cross_attention", configuration.crossAttends, "attends to another model as well"),
    ] where value {
      problems.append(
        Diagnostic(
          "\(key) is true, which is not supported: a token of such a model \(does)", at: place,
          hint: "take an encoder; where the model was trained as one, set \(key) to false"))
    }
    return problems
  }

  /// The sizes as a config.json states them.
  public var configuration: ModelConfiguration {
    var configuration = ModelConfiguration(
      hiddenSize: hidden, layers: layers, attentionHeads: heads, intermediateSize: intermediate,
      maximumPositions: positions, tokenTypes: types, vocabularySize: vocabulary)
    configuration.layerNormEpsilon = Double(epsilon)
    return configuration
  }
}

extension EncoderWeights {
  /// Reads an encoder's weights by their Hugging Face names.
  ///
  /// Queries, keys and values are stacked into matrices of their own; all else stays where the checkpoint maps it.
  /// - Throws: a `Diagnostic` for a missing tensor or one of another shape.
  public init(checkpoint: Checkpoint, shape: EncoderShape) throws {
    func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> Matrix {
      try checkpoint.matrix(name, shape: [rows, columns])
    }
    func vector(_ name: String, _ columns: Int) throws -> Matrix {
      try checkpoint.matrix(name, shape: [columns])
    }
    let C = shape.hidden
    let F = shape.intermediate
    self.shape = shape
    outline = shape.outline
    words = try matrix("embeddings.word_embeddings.weight", shape.vocabulary, C)
    positions = try matrix("embeddings.position_embeddings.weight", shape.positions, C)
    types = try matrix("embeddings.token_type_embeddings.weight", shape.types, C)
    embeddingGain = try vector("embeddings.LayerNorm.weight", C)
    embeddingBias = try vector("embeddings.LayerNorm.bias", C)
    blocks = try (0..<shape.layers).map { layer in
      let prefix = "encoder.layer.\(layer)."
      let qkv = Matrix(rows: 3 * C, columns: C)
      let qkvBias = Matrix(rows: 1, columns: 3 * C)
      for (i, role) in [LinearRole.query, .key, .value].enumerated() {
        qkv.rows(i * C..<(i + 1) * C).copy(from: try matrix(prefix + role.path + ".weight", C, C))
        qkvBias.columns(i * C..<(i + 1) * C).copy(from: try vector(prefix + role.path + ".bias", C))
      }
      return BlockWeights(
        qkv: qkv, qkvBias: qkvBias,
        attentionOutput: try matrix(prefix + "attention.output.dense.weight", C, C),
        attentionOutputBias: try vector(prefix + "attention.output.dense.bias", C),
        attentionGain: try vector(prefix + "attention.output.LayerNorm.weight", C),
        attentionBias: try vector(prefix + "attention.output.LayerNorm.bias", C),
        intermediate: try matrix(prefix + "intermediate.dense.weight", F, C),
        intermediateBias: try vector(prefix + "intermediate.dense.bias", F),
        output: try matrix(prefix + "output.dense.weight", C, F),
        outputBias: try vector(prefix + "output.dense.bias", C),
        outputGain: try vector(prefix + "output.LayerNorm.weight", C),
        outputNormBias: try vector(prefix + "output.LayerNorm.bias", C))
    }
  }
}
