internal import Basics

extension DecoderArchitecture {
  /// Qwen2 and Qwen2.5: biases on queries, keys and values; rows stand as in transformers.
  static let qwen2 = DecoderArchitecture(
    name: "qwen2", summary: "Qwen2, Qwen2.5", keys: RopeScaling.keys,
    epsilonKey: "attention.layer_norm_rms_epsilon",
    tensors: { keys in
      TensorSlot.ends(keys)
        + TensorSlot.blocks(
          keys,
          TensorSlot.llamaBlock(keys, order: { _ in .asStored }, hasAttentionBias: { $0 != "o" }))
    },
    configuration: { keys in
      [
        ("architectures", .list([.text("Qwen2ForCausalLM")])), ("model_type", .text("qwen2")),
        ("use_sliding_window", .flag(false)),
      ] + (try keys.llamaConfiguration(hasHeadSize: false))
    })

  /// Qwen3: a norm over each head of queries and keys, no biases.
  static let qwen3 = DecoderArchitecture(
    name: "qwen3", summary: "Qwen3", keys: RopeScaling.keys,
    epsilonKey: "attention.layer_norm_rms_epsilon",
    tensors: { keys in
      TensorSlot.ends(keys)
        + TensorSlot.blocks(
          keys,
          TensorSlot.llamaBlock(keys, order: { _ in .asStored }, hasAttentionBias: { _ in false }) + [
            TensorSlot("attn_q_norm.weight", "self_attn.q_norm.weight", [keys.headSize]),
            TensorSlot("attn_k_norm.weight", "self_attn.k_norm.weight", [keys.headSize]),
          ])
    },
    configuration: { keys in
      [
        ("architectures", .list([.text("Qwen3ForCausalLM")])), ("model_type", .text("qwen3")),
        ("attention_bias", .flag(false)), ("use_sliding_window", .flag(false)),
      ] + (try keys.llamaConfiguration(hasHeadSize: true))
    })
}
