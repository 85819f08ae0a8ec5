internal import Basics
internal import Checkpoints

extension DecoderArchitecture {
  /// Phi-3 of short contexts: queries, keys and values in one matrix, gate and up in another.
  ///
  /// Those of 128,000 tokens have two tables of rotations (`rope_factors_long`, `rope_factors_short`) and are refused.
  static let phi3 = DecoderArchitecture(
    name: "phi3", summary: "Phi-3 (4K)", keys: ["attention.sliding_window"] + RopeScaling.keys,
    epsilonKey: "attention.layer_norm_rms_epsilon",
    tensors: { keys in
      let rows = (keys.heads + 2 * keys.keyValueHeads) * keys.headSize
      return TensorSlot.ends(keys)
        + TensorSlot.blocks(
          keys,
          [
            TensorSlot("attn_norm.weight", "input_layernorm.weight", [keys.width]),
            TensorSlot("ffn_norm.weight", "post_attention_layernorm.weight", [keys.width]),
            TensorSlot("attn_qkv.weight", "self_attn.qkv_proj.weight", [rows, keys.width]),
            TensorSlot(
              "attn_output.weight", "self_attn.o_proj.weight", [keys.width, keys.heads * keys.headSize]),
            TensorSlot("ffn_up.weight", "mlp.gate_up_proj.weight", [2 * keys.feedForward, keys.width]),
            TensorSlot("ffn_down.weight", "mlp.down_proj.weight", [keys.width, keys.feedForward]),
          ])
    },
    configuration: { keys in
      let window = try keys.file.whole("phi3.attention.sliding_window", in: 0...1 << 31) ?? 0
      return [
        ("architectures", .list([.text("Phi3ForCausalLM")])), ("model_type", .text("phi3")),
        ("sliding_window", window > 0 ? .whole(window) : .null),
        ("original_max_position_embeddings", .whole(keys.context)),
      ] + (try keys.llamaConfiguration(hasHeadSize: false))
    })
}
