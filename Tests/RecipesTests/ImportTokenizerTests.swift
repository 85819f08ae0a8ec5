import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Recipes
import TestSupport
import Testing

/// The tokenizers that imports write; `Tests/Conformance/check_gguf.py` holds their tokens against llama.cpp.
@Suite struct ImportTokenizerTests {
  private func tokenizer(_ model: String) throws -> (file: JSON, settings: JSON, generation: JSON) {
    try withFolder { folder in
      _ = try ImportTests.write(ImportTests.golden(model), to: folder)
      return try (
        JSONFile(path: folder + "/tokenizer.json").tree,
        JSONFile(path: folder + "/tokenizer_config.json").tree,
        JSONFile(path: folder + "/generation_config.json").tree
      )
    }
  }

  @Test func `scores become merges, the highest first, each way to cut a piece one of them`() throws {
    let (file, settings, generation) = try tokenizer("llama")
    let merges = file["model"]?["merges"]?.list?.map { $0.list?.compactMap(\.text) ?? [] }
    #expect(
      merges == [
        ["\u{2581}", "a"], ["\u{2581}", "b"], ["a", "b"], ["\u{2581}a", "b"], ["\u{2581}", "ab"],
      ])
    #expect(file["model"]?["byte_fallback"] == .flag(true) && file["model"]?["unk_token"] == .text("<unk>"))
    #expect(file["model"]?["vocab"]?.members?.count == 271)
    // Both forms of é are tokens of their own.
    #expect(
      file["model"]?["vocab"]?["é"] == .whole(267) && file["model"]?["vocab"]?["e\u{301}"] == .whole(268))
    let added = file["added_tokens"]?.list ?? []
    #expect(added.map { $0["id"]?.integer } == [0, 1, 2, 269, 270])
    #expect(added.allSatisfy { $0["special"] == .flag(true) && $0["rstrip"] == .flag(false) })
    #expect(file["post_processor"]?["special_tokens"]?["<s>"]?["ids"] == .list([.whole(1)]))
    #expect(file["normalizer"]?["normalizers"]?.list?.first?["prepend"] == .text("\u{2581}"))
    #expect(settings["bos_token"] == .text("<s>") && settings["chat_template"] == .text("{{ messages }}"))
    #expect(generation["eos_token_id"] == .list([.whole(2), .whole(269), .whole(270)]))
  }

  @Test func `white space behind Phi-3's own tokens is dropped`() throws {
    let added = try tokenizer("phi3").file["added_tokens"]?.list ?? []
    let drops = added.filter { $0["rstrip"] == .flag(true) }.compactMap { $0["content"]?.text }
    #expect(drops == ["</s>", "<|end|>"])
  }

  @Test func `byte-level tokenizers cut words as their pre-tokenizer says`() throws {
    let qwen = try tokenizer("qwen2")
    #expect(qwen.file["normalizer"] == .members(["type": .text("NFC")]))
    let parts = qwen.file["pre_tokenizer"]?["pretokenizers"]?.list ?? []
    #expect(parts.compactMap { $0["type"]?.text } == ["Split", "ByteLevel"])
    #expect(
      parts.first?["pattern"]?["Regex"]
        == .text(
          #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        ))
    #expect(qwen.file["post_processor"] == .null && qwen.file["model"]?["ignore_merges"] == .flag(false))
    let added = qwen.file["added_tokens"]?.list ?? []
    #expect(added.map { $0["content"]?.text } == ["<|endoftext|>", "<|im_end|>", "<think>"])
    #expect(added.map { $0["special"]?.flag } == [true, true, false])
    #expect(qwen.file["model"]?["merges"]?.list?.last == .list([.text("Ġ"), .text("ab")]))
    #expect(qwen.generation["eos_token_id"] == .list([.whole(260), .whole(259)]))
    let llama3 = try tokenizer("llama3").file
    #expect(llama3["model"]?["ignore_merges"] == .flag(true) && llama3["normalizer"] == .null)
    #expect(llama3["post_processor"]?["type"] == .text("TemplateProcessing"))
    #expect(try tokenizer("gpt2").file["pre_tokenizer"]?["use_regex"] == .flag(true))
  }
}
