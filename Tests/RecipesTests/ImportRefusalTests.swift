import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Recipes
import TestSupport
import Testing

/// What is said of models that cannot be imported; then no folder is there.
@Suite struct ImportRefusalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let bytes: [UInt8]

    init(
      _ name: String, _ text: String, dropping: Set<String> = [],
      _ change: (inout GGUFBytes) -> Void = { _ in }
    ) {
      testDescription = name
      self.text = text
      bytes = GGUFBytes.llama(dropping: dropping, change).bytes
    }
  }

  private static let unknown =
    "\n  what it asks for is not known, and a model imported without it could give other answers"
  private static let factors =
    "\n  the rule that these factors were made by is not known, and config.json cannot hold the factors"

  static let models: [Case] = [
    Case(
      "no architecture", "error: the key 'general.architecture' is missing",
      dropping: ["general.architecture"]),
    Case(
      "another architecture",
      "key 'general.architecture': error: unknown architecture 'mamba'\n  known: llama, qwen2, qwen3, phi3, gpt2",
      dropping: ["general.architecture"]
    ) { $0.key("general.architecture", "mamba") },
    Case("no blocks", "error: the key 'llama.block_count' is missing", dropping: ["llama.block_count"]),
    Case("no ε", "error: the key 'llama.attention.layer_norm_rms_epsilon' is missing", dropping: ["epsilon"]),
    Case(
      "an unknown key",
      "key 'llama.logit_scale': error: the key is not known for models of the architecture 'llama'" + unknown
    ) {
      $0.key("llama.logit_scale", Float(2))
    },
    Case("experts", "key 'llama.expert_count': error: the model is a mixture of 8 experts, which is not read")
    {
      $0.key("llama.expert_count", UInt32(8))
    },
    Case(
      "heads that do not divide",
      "key 'llama.attention.head_count': error: a width of 4 does not divide into 3 heads",
      dropping: ["llama.attention.head_count"]
    ) { $0.key("llama.attention.head_count", UInt32(3)) },
    Case(
      "groups that do not divide",
      "key 'llama.attention.head_count_kv': error: 2 heads do not divide into 3 groups"
    ) { $0.key("llama.attention.head_count_kv", UInt32(3)) },
    Case(
      "partial rotation",
      "key 'llama.rope.dimension_count': error: positions rotate 1 of the 2 numbers of a head, which is not read"
    ) { $0.key("llama.rope.dimension_count", UInt32(1)) },
    Case(
      "values of another size",
      "key 'llama.attention.value_length': error: values of 8 numbers a head beside keys of 2 are not read"
    ) { $0.key("llama.attention.value_length", UInt32(8)) },
    Case(
      "more blocks than tensors",
      "key 'llama.block_count': error: 2000000000 blocks cannot be made of 11 tensors\n  fetch or write the file again",
      dropping: ["llama.block_count"]
    ) { $0.key("llama.block_count", UInt32(2_000_000_000)) },
    Case(
      "old blocks of scales",
      "key 'general.quantization_version': error: blocks of version 1 are not read; read is 2\n  quantise the model "
        + "again with today's llama.cpp"
    ) {
      $0.key("general.quantization_version", UInt32(1))
      $0.tensor("z", [32], type: 2, at: UInt64($0.data.count))
      $0.data += Array(repeating: 0, count: 32)
    },
  ]

  static let rotations: [Case] = [
    Case(
      "another stretch",
      "key 'llama.rope.scaling.type': error: rotations stretched as 'longrope' are not read\n  read are linear, yarn and "
        + "Llama 3's factors"
    ) {
      $0.key("llama.rope.scaling.type", "longrope")
      $0.key("llama.rope.scaling.factor", Float(4))
    },
    Case("yarn without a length", "error: the key 'llama.rope.scaling.original_context_length' is missing") {
      $0.key("llama.rope.scaling.type", "yarn")
      $0.key("llama.rope.scaling.factor", Float(4))
    },
    Case(
      "factors of another rule",
      "tensor 'rope_freqs.weight': error: factor 0 is 3.0, where Llama 3's rule gives 1.0" + factors
    ) { $0.add("rope_freqs.weight", [1], filled: [3]) },
    Case(
      "two rules at once",
      "key 'llama.rope.scaling.type': error: rotations are stretched by factors and by 'linear' at once"
    ) {
      $0.key("llama.rope.scaling.factor", Float(4))
      $0.add("rope_freqs.weight", [1], filled: [1])
    },
  ]

  static let tensors: [Case] = [
    Case(
      "a missing tensor",
      "error: the tensor 'blk.0.ffn_up.weight' is missing\n  fetch or write the file again",
      dropping: ["blk.0.ffn_up"]),
    Case(
      "an unknown tensor",
      "tensor 'blk.0.attn_sinks.weight': error: the tensor (and 1 more) is none that a model of this architecture has"
        + "\n  a model imported without it would give other answers"
    ) {
      $0.add("blk.0.attn_sinks.weight", [2])
      $0.add("blk.1.attn_q.weight", [4, 4])
    },
    Case(
      "a bias on queries alone",
      "error: the tensor 'blk.0.attn_k.bias' is missing\n  fetch or write the file again"
    ) { $0.add("blk.0.attn_q.bias", [4]) },
    Case(
      "another shape",
      "tensor 'blk.0.attn_v.weight': error: the tensor has the sizes [2, 4], the file's keys ask for [4, 4]",
      dropping: ["blk.0.attn_v"]
    ) { $0.add("blk.0.attn_v.weight", [4, 2]) },
    Case(
      "NaN",
      "tensor 'blk.0.attn_v.weight': error: the tensor holds NaN or infinity\n  fetch or make the model again",
      dropping: ["blk.0.attn_v"]
    ) { $0.add("blk.0.attn_v.weight", [4, 4], filled: Array(repeating: .nan, count: 16)) },
    Case(
      "too large for 16 bits",
      "tensor 'blk.0.attn_v.weight': error: the tensor holds numbers too large for float16\n  write --dtype bfloat16 or "
        + "float32", dropping: ["blk.0.attn_v"]
    ) { $0.add("blk.0.attn_v.weight", [4, 4], filled: Array(repeating: 70_000, count: 16)) },
  ]

  static let tokenizers: [Case] = [
    Case(
      "no tokens", "error: the file has no tokenizer: 'tokenizer.ggml.tokens' is missing",
      dropping: ["tokenizer.ggml.tokens"]),
    Case(
      "another model",
      "key 'tokenizer.ggml.model': error: tokenizers of the model 't5' are not read\n  read are gpt2 (byte-level BPE) "
        + "and llama (SentencePiece's BPE)", dropping: ["tokenizer.ggml.model"]
    ) { $0.key("tokenizer.ggml.model", "t5") },
    Case(
      "an unknown rule for words",
      "key 'tokenizer.ggml.pre': error: words cut as 'qwen3' are not read\n  did you mean 'qwen2'?",
      dropping: ["tokenizer.ggml.model"]
    ) {
      $0.key("tokenizer.ggml.model", "gpt2")
      $0.key("tokenizer.ggml.pre", "qwen3")
      $0.key("tokenizer.ggml.merges", [])
    },
    Case(
      "a merge to no token",
      "error: merge 0, 'a a', needs a token 'aa', which there is none\n  the tokenizer is damaged: fetch or write the "
        + "file again", dropping: ["tokenizer.ggml.model"]
    ) {
      $0.key("tokenizer.ggml.model", "gpt2")
      $0.key("tokenizer.ggml.pre", "gpt-2")
      $0.key("tokenizer.ggml.merges", ["a a"])
    },
    Case(
      "a merge of one token", "key 'tokenizer.ggml.merges': error: merge 0, 'aa', is no pair of tokens",
      dropping: ["tokenizer.ggml.model"]
    ) {
      $0.key("tokenizer.ggml.model", "gpt2")
      $0.key("tokenizer.ggml.merges", ["aa"])
    },
    Case(
      "no scores",
      "key 'tokenizer.ggml.scores': error: a tokenizer of SentencePiece needs a score for each of its 260 tokens",
      dropping: ["tokenizer.ggml.scores"]),
    Case(
      "two equal tokens", "error: the tokens 0 and 259 are the same: '<unk>'\n  the tokenizer is damaged",
      dropping: ["tokenizer.ggml.tokens"]
    ) { $0.key("tokenizer.ggml.tokens", ["<unk>"] + (1..<259).map { "t\($0)" } + ["<unk>"]) },
    Case(
      "no token for a byte",
      "error: the vocabulary has no token '<0x00>' for the byte 0\n  vocabularies without a token for every byte are not "
        + "read", dropping: ["tokenizer.ggml.tokens"]
    ) { $0.key("tokenizer.ggml.tokens", (0..<260).map { "t\($0)" }) },
    Case(
      "more tokens than rows",
      "tensor 'token_embd.weight': error: there are 260 tokens and 259 rows of embeddings",
      dropping: ["token_embd"]
    ) { $0.add("token_embd.weight", [4, 259]) },
    Case(
      "a token beyond the last",
      "key 'tokenizer.ggml.eos_token_id': error: the value 260 must be a whole number in 0…259"
    ) { $0.key("tokenizer.ggml.eos_token_id", UInt32(260)) },
  ]

  @Test(arguments: models + rotations + tensors + tokenizers)
  func `what is wrong is said with its place, and nothing is written`(example: Case) throws {
    try withFolder { folder in
      let path = folder + "/x.gguf"
      try Data(example.bytes).write(to: URL(fileURLWithPath: path))
      let text = try problem(in: folder) { _ = try ImportTests.write(path, to: folder + "/out", .float16) }
      #expect(text == "x.gguf: " + example.text)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x.gguf"])
    }
  }

  @Test func `the decoder that they all change can be imported`() throws {
    try withFolder { folder in
      try GGUFBytes.llama().write(to: folder + "/x.gguf")
      #expect(try ImportTests.write(folder + "/x.gguf", to: folder + "/out").tensors == 11)
    }
  }

  @Test func `stretched rotations are written as transformers calls them`() throws {
    func scaling(_ change: (inout GGUFBytes) -> Void) throws -> JSON? {
      try withFolder { folder in
        try GGUFBytes.llama(change).write(to: folder + "/x.gguf")
        _ = try ImportTests.write(folder + "/x.gguf", to: folder + "/out")
        return try JSONFile(path: folder + "/out/config.json").tree["rope_scaling"]
      }
    }
    #expect(
      try scaling { $0.key("llama.rope.scale_linear", Float(4)) }
        == .members(["rope_type": .text("linear"), "factor": .whole(4)]))
    #expect(
      try scaling {
        $0.key("llama.rope.scaling.type", "none")
        $0.key("llama.rope.scaling.factor", Float(4))
      } == .null)
    #expect(
      try scaling {
        $0.key("llama.rope.scaling.type", "yarn")
        $0.key("llama.rope.scaling.factor", Float(4))
        $0.key("llama.rope.scaling.original_context_length", UInt32(8))
      }
        == .members([
          "rope_type": .text("yarn"), "factor": .whole(4), "original_max_position_embeddings": .whole(8),
        ]))
    #expect(try scaling { $0.add("rope_freqs.weight", [1], filled: [1]) } == .null)
  }
}
