import Basics
import Checkpoints
import Foundation
import Recipes
import TestSupport
import Testing

/// Models of llama2.c.
@Suite struct ImportLlama2CTests {
  /// A model of two blocks: width 8, feed-forward 6, four heads over two groups, 260 tokens, six positions; its floats
  /// are 0, 1, 2, … in the order of the file.
  private static func model(isTied: Bool) -> [UInt8] {
    let sizes: [Int32] = [8, 6, 2, 4, 2, isTied ? 260 : -260, 6]
    let block = 8 + 64 + 32 + 32 + 64 + 8 + 3 * 48
    let count = 260 * 8 + 2 * block + 8 + 2 * 6 + (isTied ? 0 : 260 * 8)
    return sizes.flatMap { GGUFBytes.number($0) }
      + (0..<count).flatMap { GGUFBytes.number(Float($0).bitPattern) }
  }

  private static var vocabulary: [UInt8] {
    let bytes = (0..<256).map { "<0x\($0 < 16 ? "0" : "")\(String($0, radix: 16, uppercase: true))>" }
    let tokens = ["<unk>", "\n<s>\n", "\n</s>\n"] + bytes + [" a"]
    return GGUFBytes.number(Int32(6))
      + tokens.flatMap { token in
        GGUFBytes.number(Float(-1).bitPattern) + GGUFBytes.number(Int32(token.utf8.count)) + Array(token.utf8)
      }
  }

  private func written(
    _ model: [UInt8], _ vocabulary: [UInt8]?,
    _ body: (String, () throws -> ModelImporter.Outcome) throws -> Void
  ) throws {
    try withFolder { folder in
      try Data(model).write(to: URL(fileURLWithPath: folder + "/m.bin"))
      if let vocabulary { try Data(vocabulary).write(to: URL(fileURLWithPath: folder + "/t.bin")) }
      try body(folder) {
        try ImportTests.write(
          folder + "/m.bin", to: folder + "/out", tokenizer: vocabulary == nil ? nil : folder + "/t.bin")
      }
    }
  }

  @Test(arguments: [true, false])
  func `weights come from their places, heads paired by halves`(isTied: Bool) throws {
    try written(Self.model(isTied: isTied), Self.vocabulary) { folder, write in
      #expect(try write().tensors == (isTied ? 20 : 21))
      let file = try SafeTensorsFile(path: folder + "/out/model.safetensors")
      // Embeddings, then a norm for each block, then queries of heads of two rows, which stay as they are.
      #expect(try file.floats("model.embed_tokens.weight").last == 2079)
      #expect(try file.floats("model.layers.1.input_layernorm.weight").first == 2088)
      #expect(try file.floats("model.layers.0.self_attn.q_proj.weight") == (2096..<2160).map(Float.init))
      #expect(try file.floats("model.layers.0.self_attn.k_proj.weight").first == 2224)
      // gate, down, up: w1, w2, w3.
      #expect(try file.entry("model.layers.0.mlp.down_proj.weight").shape == [8, 6])
      let gate = try file.floats("model.layers.0.mlp.gate_proj.weight")[0]
      #expect(try file.floats("model.layers.0.mlp.down_proj.weight")[0] == gate + 96)
      #expect(try file.floats("model.layers.0.mlp.up_proj.weight")[0] == gate + 192)
      #expect(try file.floats("model.norm.weight")[0] == gate + 288)
      #expect(file.names.contains("lm_head.weight") == !isTied)
      let tokenizer = try JSONFile(path: folder + "/out/tokenizer.json").tree
      #expect(tokenizer["model"]?["vocab"]?["\u{2581}a"] == .whole(259))
      #expect(tokenizer["model"]?["vocab"]?["<s>"] == .whole(1))
    }
  }

  @Test func `what does not fit is refused`() throws {
    let model = Self.model(isTied: true)
    func text(_ model: [UInt8], _ vocabulary: [UInt8]?) throws -> String? {
      var text: String?
      try written(model, vocabulary) { folder, write in text = try problem(in: folder) { _ = try write() } }
      return text
    }
    #expect(
      try text(model, nil)
        == "m.bin: error: a file of the format llama2.c has no tokenizer\n  name its file: --tokenizer tok512.bin"
    )
    #expect(
      try text(Array(model.dropLast(4)), Self.vocabulary) == """
        m.bin: error: the file's size does not fit the sizes in its beginning
          read is the first format of llama2.c
        """)
    #expect(
      try text(Array("42ka".utf8) + model.dropFirst(4), Self.vocabulary) == """
        m.bin: error: later formats of llama2.c are not read
          export the model with --version 0
        """)
    #expect(
      try text(model, Array(Self.vocabulary.dropLast(10))) == """
        t.bin: error: the file ends after 259 tokens, and the model has 260
          name the vocabulary that the model was trained with
        """)
    #expect(
      try text(model, Self.vocabulary + [0]) == """
        t.bin: error: the file has more than the 260 tokens of the model
          name the vocabulary that the model was trained with
        """)
    #expect(
      try text(model, Self.vocabulary.dropLast(2) + Array(" \u{fd}".utf8.prefix(1)) + [0xff])
        == "t.bin: token 259: error: the token is not UTF-8")
  }

  @Test(.enabled(if: Reference.stories != nil, "stories260K is not beside the package"))
  func `stories260K becomes a folder`() throws {
    let stories = try #require(Reference.stories).path
    try withFolder { folder in
      let outcome = try ImportTests.write(
        stories + "/stories260K.bin", to: folder + "/out", tokenizer: stories + "/tok512.bin")
      #expect(outcome.parameters == 260_032 && outcome.tokens == 512 && outcome.tensors == 47)
      let tree = try JSONFile(path: folder + "/out/config.json").tree
      #expect(tree["num_key_value_heads"] == .whole(4) && tree["intermediate_size"] == .whole(172))
    }
  }
}
