internal import Basics
internal import Checkpoints
internal import LinearAlgebra
internal import Outlines

/// A decoder of Llama's kind without its weights: its sizes, and what tells one family from another.
///
/// A block is x ← x + attention(norm(x)), then x ← x + down(activation(gate(norm(x))) ⊙ up(norm(x))); behind the last one
/// stands a norm, and behind that the matrix that makes logits. Llama, Mistral and Qwen2 are this computation with
/// other settings.
struct DecoderDesign: NetworkDescription {
  /// The row in the table of families.
  var family: String
  /// Blocks.
  var layers: Int
  /// Width C.
  var hidden: Int
  /// Query heads H.
  var heads: Int
  /// Key and value heads K.
  var keyHeads: Int
  /// Channels D of a head.
  var headSize: Int
  /// Width F of the feed-forward layers.
  var intermediate: Int
  /// Rows of the table of tokens V; more than the tokenizer knows where they are padded.
  var vocabulary: Int
  /// The longest row.
  var positions: Int
  /// ε of the norms.
  var epsilon = 1e-6
  /// What is computed of the gate.
  var activation = Activation.silu
  /// Rotary positions.
  var rotary: RotarySettings
  /// The tokens that a token sees, itself among them, in blocks that have a window; nil: all before it.
  var window: Int?
  /// The blocks that have it; nil: all.
  var windowed: Set<Int>?
  /// The layers with a bias.
  var biases: Set<Role> = []
  /// Whether the table of tokens makes the logits too.
  var isTied = false
  /// What else a config.json says of the family.
  var constants: [String: JSON] = [:]
  /// What the configuration asks for and this computation does not do.
  var unsupported: [Diagnostic] = []

  /// The linear layers of a block, in the order of the forward pass.
  enum Role: String, CaseIterable {
    case query = "self_attn.q_proj"
    case key = "self_attn.k_proj"
    case value = "self_attn.v_proj"
    case attentionOutput = "self_attn.o_proj"
    case gate = "mlp.gate_proj"
    case up = "mlp.up_proj"
    case down = "mlp.down_proj"
  }

  /// The table of tokens.
  static let words = "model.embed_tokens.weight"
  /// The matrix that makes logits, where it is one of its own.
  static let unembedding = "lm_head.weight"
  /// The norm behind the last block.
  static let finalNorm = "model.norm.weight"
  /// A bare decoder's tensors lack what they have beside a head.
  static let bodyPrefix = TensorPrefix.putBefore("model.", except: [unembedding])
  /// What stands before the number of a block.
  static let prefix = "model.layers"
  /// The norm before attention, inside a block.
  static let attentionNorm = "input_layernorm"
  /// The norm before the feed-forward layers, inside a block.
  static let feedForwardNorm = "post_attention_layernorm"

  var blocks: Int { layers }

  var idle: [String] { [] }

  var predictsTokens: Bool { true }

  var limits: ModelOutline.Limits { .init(positions: positions, vocabulary: vocabulary) }

  /// Rows and columns of a linear layer.
  func size(_ role: Role) -> (out: Int, in: Int) {
    switch role {
    case .query: (heads * headSize, hidden)
    case .key, .value: (keyHeads * headSize, hidden)
    case .attentionOutput: (hidden, heads * headSize)
    case .gate, .up: (intermediate, hidden)
    case .down: (hidden, intermediate)
    }
  }

  /// The outline of the decoder.
  ///
  /// A block saves what enters each norm with its rstd, turned queries and keys, values, the context, gate and up, and the
  /// probabilities of H heads: of a text of n tokens n² for each, of a long one nearly half of that.
  var outline: ModelOutline {
    let (C, F, Q, K) = (hidden, intermediate, heads * headSize, keyHeads * headSize)
    return ModelOutline(
      family: family, blocks: layers, width: C, attention: Q, heads: heads, limits: limits,
      embeddings: vocabulary, unembedding: isTied ? 0 : vocabulary, prefix: Self.prefix,
      parts: Role.allCases.map { role in
        let size = size(role)
        let input: String? =
          switch role {
          case .query, .key, .value: "self_attn"
          case .gate, .up: "mlp"
          case .attentionOutput, .down: nil
          }
        return .init(role.rawValue, out: size.out, in: size.in, input: input)
      },
      predictsTokens: predictsTokens, isStacked: false, usualTargets: ["q_proj", "v_proj"],
      passes: .init(token: 8 * C + 2 * (Q + K) + 5 * F, pair: 3 * heads),
      saved: .init(token: 2 * C + 2 * Q + 2 * K + 2 * F + 2, pair: heads),
      // The context, gate and up are rounded; what goes around the layers is not.
      savedRounded: .init(token: 2 * C + Q + 2 * K + (Q + 2 * F + 1) / 2 + 2, pair: heads))
  }

  var tensors: [TensorShape] {
    var all = [TensorShape(Self.words, [vocabulary, hidden], rowsKey: "vocab_size")]
    for layer in outline.layers {
      let role = Role.allCases[layer.index % Role.allCases.count]
      let block = "\(Self.prefix).\(layer.block)."
      if role == .query { all.append(.init(block + Self.attentionNorm + ".weight", [hidden])) }
      if role == .gate { all.append(.init(block + Self.feedForwardNorm + ".weight", [hidden])) }
      all.append(.init(layer.path + ".weight", [layer.out, layer.in]))
      if biases.contains(role) { all.append(.init(layer.path + ".bias", [layer.out])) }
    }
    all.append(.init(Self.finalNorm, [hidden]))
    if !isTied { all.append(.init(Self.unembedding, [vocabulary, hidden], rowsKey: "vocab_size")) }
    return all
  }

  /// The attention of a block.
  func attention(_ block: Int, _ positions: RotaryPositions) -> CausalAttention {
    CausalAttention(
      heads: heads, keyHeads: keyHeads, headSize: headSize,
      window: windowed?.contains(block) ?? true ? window : nil, positions: positions)
  }

  func network(_ checkpoint: Checkpoint) throws(Diagnostic) -> any Network {
    try Decoder(self) { (tensor) throws(Diagnostic) in
      try checkpoint.matrix(tensor.name, shape: tensor.shape)
    }
  }

  func network(over storage: Storage) -> any Network {
    let flat = storage.flat
    var offset = 0
    return Decoder(self) { tensor in
      let count = tensor.shape.reduce(1, *)
      defer { offset += count }
      let rows = tensor.shape.count == 1 ? 1 : tensor.shape[0]
      return flat.columns(offset..<offset + count).reshaped(rows: rows, columns: count / rows)
    }
  }
}

/// How queries and keys are turned by their positions.
struct RotarySettings: Sendable {
  /// The base θ of the frequencies.
  var theta: Double
  /// How they were changed.
  var scaling: RotaryScaling
  /// The scaling's numbers, in the order of its row.
  var settings: [Double] = []

  /// The positions of heads of D channels.
  func positions(channels D: Int) -> RotaryPositions {
    RotaryPositions(
      frequencies: scaling.scale(RotaryPositions.frequencies(base: theta, channels: D), settings))
  }
}
