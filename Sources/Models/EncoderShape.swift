public import Outlines

/// The sizes of a BERT encoder.
public struct EncoderShape: Sendable, Hashable {
  /// Blocks.
  public var layers: Int
  /// Width C.
  public var hidden: Int
  /// Attention heads H; the head size D is C ÷ H.
  public var heads: Int
  /// Width F of the feed-forward layer.
  public var intermediate: Int
  /// Tokens of the vocabulary V.
  public var vocabulary: Int
  /// The longest sequence.
  public var positions: Int
  /// Token types.
  public var types: Int
  /// ε of the layer norms.
  public var epsilon: Float

  /// Makes sizes.
  public init(
    layers: Int, hidden: Int, heads: Int, intermediate: Int, vocabulary: Int, positions: Int, types: Int = 2,
    epsilon: Float = 1e-12
  ) {
    precondition(hidden % heads == 0, "width \(hidden) does not divide into \(heads) heads")
    self.layers = layers
    self.hidden = hidden
    self.heads = heads
    self.intermediate = intermediate
    self.vocabulary = vocabulary
    self.positions = positions
    self.types = types
    self.epsilon = epsilon
  }
}

/// The linear layers of a block, in the order of the forward pass.
enum LinearRole: Int, CaseIterable {
  case query
  case key
  case value
  case attentionOutput
  case intermediate
  case output

  /// The layer's path inside a block, as Hugging Face names it.
  var path: String {
    switch self {
    case .query: "attention.self.query"
    case .key: "attention.self.key"
    case .value: "attention.self.value"
    case .attentionOutput: "attention.output.dense"
    case .intermediate: "intermediate.dense"
    case .output: "output.dense"
    }
  }

  /// The role of a layer of an encoder.
  init(_ layer: LinearLayer) {
    guard let role = LinearRole(rawValue: layer.index % LinearRole.allCases.count) else {
      preconditionFailure("layer \(layer.index) of a block of \(LinearRole.allCases.count)")
    }
    self = role
  }
}

extension EncoderShape {
  /// The outline of an encoder of these sizes.
  ///
  /// Query, key and value read one input and lie in one matrix. A block saves x, query, key and value, the context, both
  /// normalised sums with their rstd, the feed-forward layer's input, what enters GELU, and the probabilities of H heads.
  public var outline: ModelOutline {
    let (C, F) = (hidden, intermediate)
    return ModelOutline(
      family: "bert", blocks: layers, width: C, attention: C, positions: positions,
      embeddings: vocabulary + positions + types, prefix: "encoder.layer",
      parts: LinearRole.allCases.map { role in
        switch role {
        case .query, .key, .value: .init(role.path, out: C, in: C, input: "attention.self")
        case .attentionOutput: .init(role.path, out: C, in: C)
        case .intermediate: .init(role.path, out: F, in: C)
        case .output: .init(role.path, out: C, in: F)
        }
      }, passes: .init(token: 12 * C + 3 * F, pair: 3 * heads),
      saved: .init(token: 8 * C + F + 2, pair: heads))
  }
}
