import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Recipes
import TestSupport
import Testing

/// Tiny decoders of `Tests/Golden/checkpoints/generate_gguf.py`, made into folders.
@Suite struct ImportTests {
  static func write(
    _ path: String, to folder: String, _ format: StoredFloats.Format = .float32, shard: Int = 1 << 30,
    tokenizer: String? = nil
  ) throws -> ModelImporter.Outcome {
    try ModelImporter.write(
      path, tokenizer: tokenizer, into: folder,
      options: .init(format: format, largestShard: shard, threads: 2))
  }

  static func golden(_ name: String) -> String { Reference.golden("checkpoints/gguf/\(name).gguf").path }

  /// The formula of the script, from the name that a tensor has in transformers.
  static func weights(_ name: String, _ count: Int) -> [Float] {
    var seed: UInt32 = 2_166_136_261
    for byte in name.utf8 { seed = (seed ^ UInt32(byte)) &* 16_777_619 }
    return (0..<UInt32(count)).map { Float(Int32((seed &+ $0 &* 2_654_435_761) >> 24) - 128) / 256 }
  }

  static let models = ["llama", "mistral", "llama3", "qwen2", "qwen3", "phi3", "gpt2"]

  @Test(arguments: models)
  func `tensors get back their names, shapes and numbers, in every type`(model: String) throws {
    try withFolder { folder in
      for format in [StoredFloats.Format.float32, .bfloat16, .float16] {
        let outcome = try Self.write(Self.golden(model), to: folder + "/out", format)
        let file = try SafeTensorsFile(path: folder + "/out/model.safetensors")
        #expect(file.names.count == outcome.tensors && outcome.tensors > 14)
        for name in file.names {
          let entry = try file.entry(name)
          #expect(try file.floats(name) == Self.weights(name, entry.count), "\(name)")
          #expect(entry.type.format == format)
        }
      }
    }
  }

  @Test(arguments: models)
  func `shapes are those of the configuration`(model: String) throws {
    try withFolder { folder in
      _ = try Self.write(Self.golden(model), to: folder)
      let tree = try JSONFile(path: folder + "/config.json").tree
      let file = try SafeTensorsFile(path: folder + "/model.safetensors")
      let width = try #require(tree["hidden_size"]?.integer ?? tree["n_embd"]?.integer)
      let vocabulary = try #require(tree["vocab_size"]?.integer)
      let isTied = tree["tie_word_embeddings"] == .flag(true)
      let embeddings = model == "gpt2" ? "transformer.wte.weight" : "model.embed_tokens.weight"
      #expect(try file.entry(embeddings).shape == [vocabulary, width])
      #expect(file.names.contains("lm_head.weight") == !isTied)
      if model == "gpt2" {
        #expect(try file.entry("transformer.h.1.attn.c_attn.weight").shape == [width, 3 * width])
      }
    }
  }

  @Test func `configurations say what the files say`() throws {
    try withFolder { folder in
      func configuration(_ model: String) throws -> JSON {
        _ = try Self.write(Self.golden(model), to: folder + "/out")
        return try JSONFile(path: folder + "/out/config.json").tree
      }
      let llama = try configuration("llama")
      #expect(llama["model_type"] == .text("llama") && llama["head_dim"] == .whole(4))
      #expect(llama["rms_norm_eps"] == .number("1e-05") && llama["rope_scaling"] == .null)
      #expect(llama["torch_dtype"] == .text("float32") && llama["pad_token_id"] == .null)
      let mistral = try configuration("mistral")
      #expect(mistral["model_type"] == .text("mistral") && mistral["sliding_window"] == .whole(16))
      let llama3 = try configuration("llama3")
      #expect(llama3["attention_bias"] == .flag(true) && llama3["mlp_bias"] == .flag(true))
      #expect(
        llama3["rope_scaling"]
          == .members([
            "rope_type": .text("llama3"), "factor": .number("8"), "low_freq_factor": .number("1"),
            "high_freq_factor": .number("4"), "original_max_position_embeddings": .whole(8192),
          ]))
      #expect(try configuration("qwen3")["head_dim"] == .whole(8))
      #expect(try configuration("phi3")["sliding_window"] == .whole(32))
      #expect(try configuration("gpt2")["n_positions"] == .whole(16))
    }
  }

  @Test func `large models come in several files with an index`() throws {
    try withFolder { folder in
      let outcome = try Self.write(Self.golden("llama"), to: folder + "/out", shard: 10_000)
      #expect(outcome.files.contains("model-00001-of-00003.safetensors"))
      let checkpoint = try Checkpoint(folder: folder + "/out")
      #expect(checkpoint.names.count == outcome.tensors)
      #expect(outcome.files.allSatisfy { ModelImporter.writes($0) } && !ModelImporter.writes("model.bin"))
    }
  }

  @Test func `equal files give equal folders, whatever the number of threads`() throws {
    try withFolder { folder in
      var all: [[String: Data]] = []
      for threads in [1, 4] {
        _ = try ModelImporter.write(
          Self.golden("qwen2"), tokenizer: nil, into: folder + "/out",
          options: .init(format: .bfloat16, largestShard: 20_000, threads: threads))
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/out") {
          files[name] = FileManager.default.contents(atPath: folder + "/out/" + name)
        }
        all.append(files)
      }
      #expect(all[0] == all[1] && all[0].count > 6)
    }
  }
}
