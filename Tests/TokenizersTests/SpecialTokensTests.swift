internal import Basics
internal import Foundation
internal import TestSupport
internal import Testing
internal import Tokenizers

/// Special tokens and disagreements of decoders' folders, against transformers
/// (Tests/Golden/tokenizers/generate_classes.py), and what is said of folders that are wrong.
@Suite struct SpecialTokensTests {
  private func inFolder<Value>(_ files: [String: String], _ body: (String) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "specials-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
    return try body(folder.path)
  }

  @Test
  func `files disagree exactly where transformers gives a text other ids, and special tokens are its own`()
    throws
  {
    let path = Reference.golden("tokenizers/decoders/classes.json").path
    let cases = try #require(JSON(try InputFile.bytes(path), file: path).list)
    #expect(cases.count > 300)
    var tokenizers: [String: Tokenizer] = [:]
    var differing = 0
    for case .list(let one) in cases {
      let (name, config, model) = (one[0].text ?? "", one[1].text ?? "", one[2].text ?? "")
      let tokenizer = try tokenizers[name] ?? DecoderTests.tokenizer(name)
      tokenizers[name] = tokenizer
      let differs = one[3].flag == true
      differing += differs ? 1 : 0
      let files = ["tokenizer_config.json": config, "config.json": "{\"model_type\": \"\(model)\"}"]
      try inFolder(files) { folder in
        let found = try tokenizer.disagreements(folder: folder)
        #expect(
          found.isEmpty != differs,
          "\(name), \(config), \(model), \(one[5].text ?? ""): \(found.map(\.description))")
        let specials = try SpecialTokens(folder: folder, tokenizer: tokenizer)
        let ids = [specials.bos, specials.eos, specials.pad, specials.unknown].map { $0.map(Int.init) }
        #expect(ids == one[4].list?.map(\.integer), "\(name), \(config), \(model), \(one[5].text ?? "")")
      }
    }
    #expect(differing > 100)
    #expect(cases.count - differing > 100)
  }

  @Test func `a disagreement names the class, a text and the way out`() throws {
    let tokenizer = try DecoderTests.tokenizer("llama3")
    let files = [
      "tokenizer_config.json": #"{"tokenizer_class": "GPT2Tokenizer"}"#,
      "config.json": #"{"model_type": "llama"}"#,
    ]
    let found = try inFolder(files) { try tokenizer.disagreements(folder: $0) }
    #expect(
      found.map(\.what) == [
        "transformers builds a GPT2Tokenizer of its own for this class and model, which gives \"12 1234567 3.14 a1b2\" other ids "
          + "than tokenizer.json does"
      ])
    #expect(
      found.first?.hint
        == "set tokenizer_class to TokenizersBackend, of which tokenizer.json is taken as it is, where the base was trained with it"
    )
  }

  @Test func `stops are the end of a text and those of generation_config_json`() throws {
    let tokenizer = try DecoderTests.tokenizer("qwen2")
    let end = try #require(tokenizer.id("<|endoftext|>"))
    let turn = try #require(tokenizer.id("<|im_end|>"))
    let files = [
      "tokenizer_config.json":
        #"{"eos_token": {"content": "<|im_end|>"}, "bos_token": null, "pad_token": "<|endoftext|>", "chat_template": "{{ a }}"}"#,
      "special_tokens_map.json": #"{"pad_token": "<|im_end|>"}"#,
      "generation_config.json": "{\"eos_token_id\": [\(turn), \(end)]}",
    ]
    let specials = try inFolder(files) { try SpecialTokens(folder: $0, tokenizer: tokenizer) }
    #expect(specials.bos == nil)
    #expect(specials.eos == turn)
    #expect(specials.pad == turn)
    #expect(specials.stops == [min(end, turn), max(end, turn)])
    #expect(specials.chatTemplate == "{{ a }}")
    let bare = try inFolder([:]) { try SpecialTokens(folder: $0, tokenizer: tokenizer) }
    #expect(bare.eos == nil && bare.stops == [] && bare.chatTemplate == nil)
    let own = try inFolder([
      "chat_template.jinja": "own\n", "tokenizer_config.json": #"{"chat_template": "other"}"#,
    ]) { try SpecialTokens(folder: $0, tokenizer: tokenizer) }
    #expect(own.chatTemplate == "own\n")
    let named = try inFolder([
      "tokenizer_config.json":
        #"{"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}"#
    ]) { try SpecialTokens(folder: $0, tokenizer: tokenizer) }
    #expect(named.chatTemplate == "d")
  }

  @Test(arguments: [
    (
      "tokenizer_config.json", #"{"eos_token": "<gone>"}"#,
      "tokenizer_config.json: key 'eos_token': error: the tokenizer does not have the token '<gone>'\n  name a token of tokenizer.json, or null for none"
    ),
    (
      "tokenizer_config.json", #"{"bos_token": 3}"#,
      "tokenizer_config.json: key 'bos_token': error: neither a token nor an object with its 'content'"
    ),
    (
      "generation_config.json", #"{"eos_token_id": [0, 99999]}"#,
      "generation_config.json: key 'eos_token_id': error: the tokenizer has no token with the id 99999\n  name ids of tokenizer.json, which go up to 571"
    ),
    (
      "generation_config.json", #"{"eos_token_id": "</s>"}"#,
      "generation_config.json: key 'eos_token_id': error: neither the id of a token nor a list of ids"
    ),
    (
      "tokenizer_config.json", #"{"chat_template": []}"#,
      "tokenizer_config.json: key 'chat_template': error: neither a template nor a list of templates with one named 'default'"
    ),
  ]) func `a token that the vocabulary does not have is told with file and key`(
    _ file: String, _ text: String, _ message: String
  ) throws {
    let tokenizer = try DecoderTests.tokenizer("qwen2")
    let found = try inFolder([file: text]) { folder -> String? in
      let error = #expect(throws: Diagnostic.self) { try SpecialTokens(folder: folder, tokenizer: tokenizer) }
      return error?.description.replacingOccurrences(of: folder + "/", with: "")
    }
    #expect(found == message)
  }
}
