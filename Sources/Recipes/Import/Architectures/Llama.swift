internal import Basics
internal import Checkpoints

extension DecoderArchitecture {
  /// Llama, and what is built like it: Mistral and SmolLM2 among others.
  ///
  /// llama.cpp pairs neighbouring numbers of a head where transformers pairs halves, so rows of queries and keys stand
  /// in another order. A sliding window makes it Mistral's class, which computes the same but for the window.
  static let llama = DecoderArchitecture(
    name: "llama", summary: "Llama and Mistral",
    keys: ["attention.sliding_window"] + RopeScaling.keys, epsilonKey: "attention.layer_norm_rms_epsilon",
    tensors: { keys in
      let isBiased = keys.has("blk.0.attn_q.bias")
      return TensorSlot.ends(keys)
        + TensorSlot.blocks(
          keys,
          TensorSlot.llamaBlock(
            keys, order: { .interleaved(heads: $0) }, hasAttentionBias: { _ in isBiased },
            hasOtherBias: keys.has("blk.0.ffn_gate.bias")))
        + [RopeScaling.slot(keys)]
    },
    configuration: { keys in
      let window = try keys.file.whole("llama.attention.sliding_window", in: 0...1 << 31) ?? 0
      let hasBias = keys.has("blk.0.attn_q.bias") || keys.has("blk.0.ffn_gate.bias")
      if window > 0, hasBias {
        throw Diagnostic(
          "a model with a sliding window and biases is not read", at: keys.place("attention.sliding_window"))
      }
      let family: [(name: String, value: JSON)] =
        window > 0
        ? [
          ("architectures", .list([.text("MistralForCausalLM")])), ("model_type", .text("mistral")),
          ("sliding_window", .whole(window)),
        ]
        : [
          ("architectures", .list([.text("LlamaForCausalLM")])), ("model_type", .text("llama")),
          ("attention_bias", .flag(keys.has("blk.0.attn_q.bias"))),
          ("mlp_bias", .flag(keys.has("blk.0.ffn_gate.bias"))),
        ]
      return try family + keys.llamaConfiguration(hasHeadSize: true)
    })
}

extension DecoderKeys {
  /// What the configurations of models of Llama's kind have in common.
  ///
  /// - Parameter hasHeadSize: Whether the class knows heads of another size than the width gives.
  func llamaConfiguration(hasHeadSize: Bool) throws -> [(name: String, value: JSON)] {
    if !hasHeadSize, headSize * heads != width {
      throw Diagnostic(
        "heads of \(headSize) numbers do not make up the width \(width), as the architecture asks",
        at: place("attention.key_length"))
    }
    return [
      ("hidden_act", .text("silu")),
      ("hidden_size", .whole(width)),
      ("intermediate_size", .whole(feedForward)),
      ("num_hidden_layers", .whole(blocks)),
      ("num_attention_heads", .whole(heads)),
      ("num_key_value_heads", .whole(keyValueHeads)),
    ] + (hasHeadSize ? [("head_dim", .whole(headSize))] : []) + [
      ("rms_norm_eps", .single(epsilon)),
      ("rope_theta", .single(ropeBase)),
      ("rope_scaling", try RopeScaling.read(self) ?? .null),
      ("max_position_embeddings", .whole(context)),
      ("vocab_size", .whole(vocabulary)),
      ("tie_word_embeddings", .flag(isTied)),
    ]
  }
}
