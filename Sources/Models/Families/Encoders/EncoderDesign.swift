internal import Basics
internal import Checkpoints
internal import LinearAlgebra
internal import Outlines

/// An encoder of BERT's kind without its weights: its sizes, the names of its tensors, and what tells one family from
/// another.
///
/// Blocks are attention and a feed-forward layer, each followed by what goes around it and a layer norm. BERT and its
/// descendants are this computation under other names.
struct EncoderDesign: NetworkDescription {
  /// The row in the table of families.
  var family: String
  /// Blocks.
  var layers: Int
  /// Width C.
  var hidden: Int
  /// Attention heads H; the head size D is C ÷ H.
  var heads: Int
  /// Width F of the feed-forward layer.
  var intermediate: Int
  /// Tokens of the vocabulary V.
  var vocabulary: Int
  /// Rows of the table of positions.
  var positionRows: Int
  /// The token behind whose number positions are counted, itself not among them; nil counts all tokens, from 0.
  var padding: Int32?
  /// Token types; nil where the family knows none.
  var types: Int?
  /// Whether the distance of two tokens adds to their score.
  var readsDistances = false
  /// ε of the layer norms.
  var epsilon = 1e-12
  /// What is computed between the two feed-forward layers.
  var activation = Activation.gelu
  /// What its settings are called in a config.json.
  var keys: EncoderKeys
  /// What its tensors are called.
  var names: EncoderNames
  /// Settings of a config.json that are always the same.
  var constants: [String: JSON] = [:]
  /// What the configuration asks for and this computation does not do.
  var unsupported: [Diagnostic] = []

  /// The linear layers of a block, in the order of the forward pass.
  enum Role: Int, CaseIterable {
    case query
    case key
    case value
    case attentionOutput
    case intermediate
    case output

    /// The role of a layer of an encoder.
    init(_ layer: LinearLayer) {
      guard let role = Role(rawValue: layer.index % Role.allCases.count) else {
        preconditionFailure("layer \(layer.index) of a block of \(Role.allCases.count)")
      }
      self = role
    }
  }

  var blocks: Int { layers }

  var idle: [String] { names.idle }

  var limits: ModelOutline.Limits {
    .init(
      positions: positionRows - (padding.map { Int($0) + 1 } ?? 0), vocabulary: vocabulary, types: types)
  }

  /// The outline of the encoder.
  ///
  /// Query, key and value read one input and lie in one matrix. A block saves x, query, key and value, the context, both
  /// normalised sums with their rstd, the feed-forward layer's input, what enters the activation, and the probabilities of
  /// H heads.
  var outline: ModelOutline {
    let (C, F) = (hidden, intermediate)
    return ModelOutline(
      family: family, blocks: layers, width: C, attention: C, heads: heads,
      limits: limits,
      embeddings: vocabulary + positionRows + (types ?? 0), prefix: names.prefix,
      parts: Role.allCases.map { role in
        let path = names.path(role)
        return switch role {
        case .query, .key, .value: .init(path, out: C, in: C, input: names.attention)
        case .attentionOutput: .init(path, out: C, in: C)
        case .intermediate: .init(path, out: F, in: C)
        case .output: .init(path, out: C, in: F)
        }
      },
      usualTargets: [names.query, names.value].compactMap { $0.split(separator: ".").last.map(String.init) },
      idle: names.idle, passes: .init(token: 12 * C + 3 * F, pair: 3 * heads),
      saved: .init(token: 8 * C + F + 2, pair: heads),
      // x, the context and what the feed-forward layer and its activation read are rounded; the block's result stands on the next tape alone.
      savedRounded: .init(token: (13 * C + F + 1) / 2 + 2, pair: heads))
  }

  var tensors: [TensorShape] {
    var all = [TensorShape(names.words, [vocabulary, hidden], rowsKey: "vocab_size")]
    all.append(.init(names.positions, [positionRows, hidden], rowsKey: "max_position_embeddings"))
    if let types { all.append(.init(names.types, [types, hidden], rowsKey: "type_vocab_size")) }
    if readsDistances { all.append(.init(names.distances, [RelativeDistances.buckets, heads])) }
    all += norm(names.embeddingNorm)
    for layer in outline.layers {
      all.append(.init(layer.path + ".weight", [layer.out, layer.in]))
      all.append(.init(layer.path + ".bias", [layer.out]))
      guard Role(layer) == .output else { continue }
      for name in [names.attentionNorm, names.outputNorm] {
        all += norm("\(names.prefix).\(layer.block).\(name)")
      }
    }
    return all
  }

  private func norm(_ path: String) -> [TensorShape] {
    [TensorShape(path + ".weight", [hidden]), TensorShape(path + ".bias", [hidden])]
  }

  func network(_ checkpoint: Checkpoint) throws(Diagnostic) -> any Network {
    try Encoder(self, checkpoint: checkpoint)
  }

  func network(over storage: Storage) -> any Network { Encoder(self, over: storage) }
}

/// What the tensors of an encoder are called.
struct EncoderNames: Sendable {
  /// The table of tokens.
  var words: String
  /// The table of positions.
  var positions: String
  /// The table of token types, where there is one.
  var types = ""
  /// The table of biases by distance, where there is one.
  var distances = ""
  /// The norm over their sum.
  var embeddingNorm: String
  /// What stands before the number of a block.
  var prefix: String
  /// What query, key and value share, inside a block.
  var attention: String
  /// Inside a block.
  var query: String
  /// Inside a block.
  var key: String
  /// Inside a block.
  var value: String
  /// Inside a block.
  var attentionOutput: String
  /// The norm after attention.
  var attentionNorm: String
  /// Inside a block.
  var intermediate: String
  /// Inside a block.
  var output: String
  /// The norm after the feed-forward layer.
  var outputNorm: String
  /// Linear layers that transformers' class has and no pass here runs.
  var idle: [String] = []

  /// The path of a layer inside a block.
  func path(_ role: EncoderDesign.Role) -> String {
    switch role {
    case .query: query
    case .key: key
    case .value: value
    case .attentionOutput: attentionOutput
    case .intermediate: intermediate
    case .output: output
    }
  }
}
