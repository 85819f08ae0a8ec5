import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct CheckpointTests {
  private func matrix(_ seed: Float) -> Matrix {
    Matrix(rows: 2, columns: 2, values: [seed, seed + 1, seed + 2, seed + 3])
  }

  @Test func `a checkpoint of transformers opens with all its tensors`() throws {
    let folder = Reference.golden("peft/base").path
    let checkpoint = try Checkpoint(folder: folder)
    #expect(checkpoint.names.count == 37)
    let query = try checkpoint.matrix("encoder.layer.1.attention.self.query.weight", shape: [32, 32])
    #expect(query.rows == 32 && query.values.allSatisfy { $0.isFinite && $0 != 0 })
    #expect(
      try checkpoint.matrix("embeddings.LayerNorm.weight", shape: [32]).values
        == Array(repeating: 1, count: 32))
  }

  @Test func `shards are opened through their index`() throws {
    try withFolder { folder in
      try SafeTensorsWriter.write([NamedTensor("a", matrix(1))], to: folder + "/m-1.safetensors")
      try SafeTensorsWriter.write([NamedTensor("b", matrix(5))], to: folder + "/m-2.safetensors")
      let index = folder + "/model.safetensors.index.json"
      try write(#"{"metadata":{},"weight_map":{"b":"m-2.safetensors","a":"m-1.safetensors"}}"#, to: index)
      let checkpoint = try Checkpoint(folder: folder)
      #expect(checkpoint.names == ["a", "b"] && checkpoint.files.count == 2)
      #expect(try checkpoint.matrix("b", shape: [2, 2]).values == [5, 6, 7, 8])
      try write(#"{"weight_map":{"c":"m-2.safetensors"}}"#, to: index)
      #expect(
        try problem(in: folder) { _ = try Checkpoint(folder: folder) }
          == "m-2.safetensors: error: there is no tensor 'c'\n  did you mean 'b'?")
      try write(#"{"weight_map":{"c":"m-3.safetensors"}}"#, to: index)
      #expect(
        try problem(in: folder) { _ = try Checkpoint(folder: folder) }
          == "model.safetensors.index.json: error: the shard 'm-3.safetensors' is missing\n  fetch the model again"
      )
    }
  }

  @Test func `legacy names and a leading bert are taken off, and two names of one tensor refused`() throws {
    try withFolder { folder in
      let path = folder + "/model.safetensors"
      let norm = matrix(1)
      try SafeTensorsWriter.write(
        [NamedTensor("bert.x.LayerNorm.gamma", norm), NamedTensor("x.LayerNorm.beta", norm)], to: path)
      #expect(
        try Checkpoint(folder: folder, prefix: .takenOff("bert.")).names == [
          "x.LayerNorm.bias", "x.LayerNorm.weight",
        ])
      try SafeTensorsWriter.write([NamedTensor("bert.x", norm), NamedTensor("x", norm)], to: path)
      #expect(
        try problem(in: folder) { _ = try Checkpoint(folder: folder, prefix: .takenOff("bert.")) }
          == "model.safetensors: error: 'bert.x' and 'x' are two names of one tensor")
    }
  }

  @Test func `a missing tensor, a wrong shape and an empty folder are refused`() throws {
    try withFolder { folder in
      #expect(
        try problem(in: folder) { _ = try Checkpoint(folder: folder) }
          == "FOLDER: error: the folder holds no model.safetensors and no model.safetensors.index.json")
      try SafeTensorsWriter.write(
        [NamedTensor("bert.query.weight", matrix(1))], to: folder + "/model.safetensors")
      let checkpoint = try Checkpoint(folder: folder, prefix: .takenOff("bert."))
      #expect(
        try problem(in: folder) { _ = try checkpoint.matrix("qeury.weight", shape: [2, 2]) } == """
          model.safetensors: error: the checkpoint has no tensor 'qeury.weight'
            did you mean 'query.weight'?
          """)
      #expect(
        try problem(in: folder) { _ = try checkpoint.matrix("query.weight", shape: [2, 3]) } == """
          model.safetensors: tensor 'bert.query.weight': error: the tensor has shape [2, 2], the model needs [2, 3]
          """)
    }
  }
}

@Suite struct PoolingTests {
  @Test func `pooling comes from the sentence-transformers folder`() throws {
    try withFolder { folder in
      #expect(try Pooling.read(folder: folder) == .mean)
      let path = folder + "/1_Pooling/config.json"
      try write(#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#, to: path)
      #expect(try Pooling.read(folder: folder) == .cls)
      try write(#"{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}"#, to: path)
      #expect(try Pooling.read(folder: folder) == .mean)
      try write(#"{"pooling_mode_lasttoken": true}"#, to: path)
      #expect(try Pooling.read(folder: folder) == .last)
      try write(#"{"pooling_mode_max_tokens": true}"#, to: path)
      #expect(
        try problem(in: folder) { _ = try Pooling.read(folder: folder) } == """
          1_Pooling/config.json: error: pooling by pooling_mode_max_tokens is not supported
            known: pooling_mode_mean_tokens, pooling_mode_cls_token, pooling_mode_lasttoken
          """)
    }
  }
}

@Suite struct BaseLocatorTests {
  @Test func `a name is a path, a model of our cache or one of the Hugging Face cache`() throws {
    try withFolder { folder in
      func resolve(_ name: String, _ environment: [String: String]) throws -> String {
        try BaseLocator.resolve(name, relativeTo: folder + "/m", environment: environment)
      }
      let home = ["HOME": folder + "/user"]
      try write("{}", to: folder + "/m/here/config.json")
      #expect(try resolve("here", [:]) == folder + "/m/here")
      #expect(try resolve(folder + "/m/here", [:]) == folder + "/m/here")
      try write("{}", to: folder + "/user/.cache/mixology/models/mini/config.json")
      #expect(try resolve("mini", home) == folder + "/user/.cache/mixology/models/mini")
      try write("{}", to: folder + "/xdg/mixology/models/mini/config.json")
      #expect(
        try resolve("mini", ["HOME": folder + "/user", "XDG_CACHE_HOME": folder + "/xdg"])
          == folder + "/xdg/mixology/models/mini")
      for (cache, environment) in [
        ("user/.cache/huggingface/hub", home), ("hf/hub", ["HF_HOME": folder + "/hf"]),
        ("hub", ["HF_HUB_CACHE": folder + "/hub"]),
      ] {
        let model = "\(folder)/\(cache)/models--org--net"
        try write("abc123\n", to: model + "/refs/main")
        try write("{}", to: model + "/snapshots/abc123/config.json")
        #expect(try resolve("org/net", environment) == model + "/snapshots/abc123")
      }
    }
  }

  @Test func `what make model fetches is what its script knows`() throws {
    let script = try String(
      contentsOf: Reference.package.appendingPathComponent(".make/model.sh"), encoding: .utf8)
    let names = script.split(separator: "\n").filter { $0.hasPrefix("model ") }.map {
      $0.split(separator: " ")[1]
    }
    #expect(names.map(String.init) == BaseLocator.fetched)
  }

  @Test func `a name of the hub leads to the same base in our cache, or to what fetches it`() throws {
    try withFolder { folder in
      let home = ["HOME": folder]
      func hint(_ name: String) throws -> String {
        let text = try problem(in: folder) {
          _ = try BaseLocator.resolve(name, relativeTo: folder + "/m", environment: home)
        }
        return try #require(text?.split(separator: "\n").dropFirst().first).trimmingCharacters(
          in: .whitespaces)
      }
      let name = "sentence-transformers/all-MiniLM-L6-v2"
      let looked = "a folder with config.json was looked for at:"
      for name in [name, "all-MiniLM-L6-v2", "all-minilm-l6-v2"] {
        #expect(try hint(name) == "`make model` fetches it, as 'all-MiniLM-L6-v2'; \(looked)")
      }
      #expect(
        try hint("org/all-mpnet-base")
          == "`make model MODEL=all-mpnet-base-v2` fetches it, as 'all-mpnet-base-v2'; \(looked)")
      try write("{}", to: folder + "/.cache/mixology/models/all-MiniLM-L6-v2/config.json")
      #expect(try hint(name) == "write 'all-MiniLM-L6-v2': so it is called in the cache; \(looked)")
      #expect(try hint("all-MiniLM-L6") == "did you mean 'all-MiniLM-L6-v2'?; \(looked)")
      #expect(try hint("bert-base") == looked)
    }
  }

  @Test func `a base that is nowhere is refused with all places`() throws {
    let environment = ["HOME": "/nowhere"]
    let expected = """
      error: cannot find the base 'org/net'
        a folder with config.json was looked for at:
          /nowhere/m/org/net
          /nowhere/.cache/mixology/models/org/net
          /nowhere/.cache/huggingface/hub/models--org--net/snapshots/main
      """
    let text = try problem(in: "/none") {
      _ = try BaseLocator.resolve("org/net", relativeTo: "/nowhere/m", environment: environment)
    }
    #expect(text == expected)
  }
}
