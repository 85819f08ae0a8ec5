internal import Basics

extension DecoderArchitecture {
  /// GPT-2: learned positions, layer norms, and weights that transformers keeps as (in, out).
  static let gpt2 = DecoderArchitecture(
    name: "gpt2", summary: "GPT-2", keys: [], epsilonKey: "attention.layer_norm_epsilon",
    tensors: { keys in
      let (width, wide) = (keys.width, keys.feedForward)
      func both(_ stored: String, _ name: String, _ shape: [Int], _ order: RowOrder = .asStored)
        -> [TensorSlot]
      {
        [
          TensorSlot(stored + ".weight", name + ".weight", shape, order),
          TensorSlot(stored + ".bias", name + ".bias", [shape[0]]),
        ]
      }
      return [
        TensorSlot("token_embd.weight", "transformer.wte.weight", [keys.vocabulary, width]),
        TensorSlot("position_embd.weight", "transformer.wpe.weight", [keys.context, width]),
        TensorSlot("output.weight", "lm_head.weight", [keys.vocabulary, width], isOptional: true),
      ] + both("output_norm", "transformer.ln_f", [width])
        + TensorSlot.blocks(
          keys, prefix: "transformer.h",
          both("attn_norm", "ln_1", [width])
            + both("attn_qkv", "attn.c_attn", [3 * width, width], .transposed)
            + both("attn_output", "attn.c_proj", [width, width], .transposed)
            + both("ffn_norm", "ln_2", [width])
            + both("ffn_up", "mlp.c_fc", [wide, width], .transposed)
            + both("ffn_down", "mlp.c_proj", [width, wide], .transposed))
    },
    configuration: { keys in
      guard keys.keyValueHeads == keys.heads, keys.headSize * keys.heads == keys.width else {
        throw Diagnostic(
          "GPT-2 has as many keys as queries, together as wide as the model",
          at: keys.place("attention.head_count"))
      }
      return [
        ("architectures", .list([.text("GPT2LMHeadModel")])), ("model_type", .text("gpt2")),
        ("activation_function", .text("gelu_new")),
        ("n_embd", .whole(keys.width)),
        ("n_inner", .whole(keys.feedForward)),
        ("n_layer", .whole(keys.blocks)),
        ("n_head", .whole(keys.heads)),
        ("n_positions", .whole(keys.context)),
        ("layer_norm_epsilon", .single(keys.epsilon)),
        ("vocab_size", .whole(keys.vocabulary)),
        ("tie_word_embeddings", .flag(keys.isTied)),
      ]
    })
}
