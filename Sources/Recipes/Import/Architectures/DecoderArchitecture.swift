internal import Basics

/// A tensor that a model of an architecture has.
struct TensorSlot: Sendable {
  /// The name in a GGUF file.
  let stored: String
  /// The name in a Hugging Face checkpoint.
  let name: String
  /// The sizes in a GGUF file, outermost first.
  let shape: [Int]
  let order: RowOrder
  let isOptional: Bool

  init(
    _ stored: String, _ name: String, _ shape: [Int], _ order: RowOrder = .asStored, isOptional: Bool = false
  ) {
    self.stored = stored
    self.name = name
    self.shape = shape
    self.order = order
    self.isOptional = isOptional
  }
}

/// An architecture of GGUF files and what it is in transformers.
struct DecoderArchitecture: CatalogEntry {
  /// The word of `general.architecture`.
  let name: String
  let summary: String
  /// The keys that it has beside those of all decoders; others are refused, as they may change what is computed.
  let keys: [String]
  /// The key of ε of its norms.
  let epsilonKey: String
  /// The tensors that a model has.
  let tensors: @Sendable (DecoderKeys) throws -> [TensorSlot]
  /// `config.json`, without tokens and types.
  let configuration: @Sendable (DecoderKeys) throws -> [(name: String, value: JSON)]
}

/// The architectures of GGUF files that are read.
enum DecoderArchitectures {
  static let all = Catalog(
    "architecture",
    [DecoderArchitecture.llama, .qwen2, .qwen3, .phi3, .gpt2])
}

extension TensorSlot {
  /// What all decoders of Llama's kind have around their blocks.
  static func ends(_ keys: DecoderKeys) -> [TensorSlot] {
    [
      TensorSlot("token_embd.weight", "model.embed_tokens.weight", [keys.vocabulary, keys.width]),
      TensorSlot("output_norm.weight", "model.norm.weight", [keys.width]),
      TensorSlot("output.weight", "lm_head.weight", [keys.vocabulary, keys.width], isOptional: true),
    ]
  }

  /// The tensors of all blocks, from suffixes of one block.
  static func blocks(
    _ keys: DecoderKeys, prefix: String = "model.layers", _ slots: [TensorSlot]
  ) -> [TensorSlot] {
    (0..<keys.blocks).flatMap { block in
      slots.map {
        TensorSlot("blk.\(block).\($0.stored)", "\(prefix).\(block).\($0.name)", $0.shape, $0.order)
      }
    }
  }

  /// Norms and attention's and the feed-forward's products of a block of Llama's kind.
  ///
  /// - Parameter order: That of the rows of queries and keys, by their number of heads.
  static func llamaBlock(
    _ keys: DecoderKeys, order: (_ heads: Int) -> RowOrder, hasAttentionBias: (_ letter: String) -> Bool,
    hasOtherBias: Bool = false
  ) -> [TensorSlot] {
    let (queries, values) = (keys.heads * keys.headSize, keys.keyValueHeads * keys.headSize)
    let products: [(String, String, [Int], RowOrder, Bool)] = [
      ("attn_q", "self_attn.q_proj", [queries, keys.width], order(keys.heads), hasAttentionBias("q")),
      ("attn_k", "self_attn.k_proj", [values, keys.width], order(keys.keyValueHeads), hasAttentionBias("k")),
      ("attn_v", "self_attn.v_proj", [values, keys.width], .asStored, hasAttentionBias("v")),
      ("attn_output", "self_attn.o_proj", [keys.width, queries], .asStored, hasAttentionBias("o")),
      ("ffn_gate", "mlp.gate_proj", [keys.feedForward, keys.width], .asStored, hasOtherBias),
      ("ffn_up", "mlp.up_proj", [keys.feedForward, keys.width], .asStored, hasOtherBias),
      ("ffn_down", "mlp.down_proj", [keys.width, keys.feedForward], .asStored, hasOtherBias),
    ]
    return [
      TensorSlot("attn_norm.weight", "input_layernorm.weight", [keys.width]),
      TensorSlot("ffn_norm.weight", "post_attention_layernorm.weight", [keys.width]),
    ]
      + products.flatMap { stored, name, shape, order, hasBias in
        [TensorSlot(stored + ".weight", name + ".weight", shape, order)]
          + (hasBias ? [TensorSlot(stored + ".bias", name + ".bias", [shape[0]], order)] : [])
      }
  }
}
