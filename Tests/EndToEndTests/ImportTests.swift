import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite struct ImportTests {
  private static let golden = Reference.golden("checkpoints/gguf/llama.gguf").path

  @Test func `a GGUF file becomes a folder that is inspected as one`() throws {
    let place = try Workplace()
    let outcome = try Program.run("import", Self.golden, "out", in: place.folder)
    #expect(outcome.status == 0 && outcome.errors == "")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(
      lines.first?.hasPrefix(
        "llama of 2 blocks, width 8: 21 tensors, 5 720 parameters, 22.3 KiB as float32 in ") == true)
    #expect(
      lines.dropFirst() == [
        "tokenizer: BPE by scores, 271 tokens",
        "written: out/config.json, generation_config.json, model.safetensors, tokenizer.json, "
          + "tokenizer_config.json",
      ])
    let inspected = try Program.run("inspect", "out", in: place.folder)
    #expect(inspected.status == 0 && inspected.output.contains("family      llama\n"))
    #expect(inspected.output.contains("dtypes      F32: 21\n"))
  }

  @Test func `a folder that holds something is not written over without being asked`() throws {
    let place = try Workplace()
    func run(_ arguments: String...) throws -> Outcome {
      try Program.start(["import", Self.golden] + arguments, in: place.folder).outcome()
    }
    #expect(try run("out", "--quiet", "--dtype", "bfloat16").output.hasPrefix("written: out/config.json, "))
    let again = try run("out")
    #expect(
      again.status == 2
        && again.errors == "out: error: the output folder is not empty\n  name another one, or add --force\n")
    #expect(try run("out", "--force", "--max-shard-size", "10KB").status == 0)
    #expect(try place.files(below: "out").keys.contains("model.safetensors.index.json"))
    #expect(try !place.files(below: "out").keys.contains("model.safetensors"))
    try place.write("mine", to: "out/notes.txt")
    let other = try run("out", "--force")
    #expect(
      other.status == 2
        && other.errors
          == "out: error: the output folder holds something else: 'notes.txt'\n  name another one\n"
    )
    #expect(try place.read("out/notes.txt") == "mine\n")
    #expect(
      try run("m.yaml").errors == "m.yaml: error: the output is a file, not a folder\n  name another one\n")
  }

  @Test func `wrong arguments and files end with 2 and leave nothing`() throws {
    let place = try Workplace()
    try Data(GGUFBytes.llama(dropping: ["blk.0.ffn_up"]).bytes)
      .write(to: place.folder.appendingPathComponent("x.gguf"))
    try place.write("text", to: "x.txt")
    for (arguments, text) in [
      (["x.gguf", "out"], "x.gguf: error: the tensor 'blk.0.ffn_up.weight' is missing"),
      (["x.txt", "out"], "x.txt: error: the file is of no format that is read"),
      (["none.gguf", "out"], "none.gguf: error: cannot open the file: No such file or directory"),
      (
        [Self.golden, "out", "--tokenizer", "t.bin"],
        "t.bin: error: a file of the format GGUF has its tokenizer in itself"
      ),
      ([Self.golden, "out", "--max-shard-size", "x"], "error: 'x' is no size of a file"),
      ([Self.golden, "out", "--dtype", "int8"], "Error: The value 'int8' is invalid for '--dtype <dtype>'."),
      ([Self.golden, "out", "--threads", "0"], "Error: --threads must be at least 1"),
    ] {
      let outcome = try Program.start(["import"] + arguments, in: place.folder).outcome()
      #expect(outcome.status == 2 && outcome.errors.hasPrefix(text), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/out"))
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: place.folder.path)
    #expect(!left.contains { $0.hasSuffix(".partial") })
  }

  @Test func `a GGUF file is inspected`() throws {
    let place = try Workplace()
    let outcome = try Program.run(
      "inspect", Reference.golden("checkpoints/gguf/qwen2.gguf").path, in: place.folder)
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(outcome.status == 0 && lines.first == "kind          GGUF file, version 3")
    #expect(
      lines.contains(
        "sizes         blocks 2, width 32, heads 4, of keys and values 2, feed-forward 64, context 64"))
    #expect(lines.contains { $0.hasPrefix("types         F32: ") && $0.contains("Q8_0: ") })
    #expect(lines.contains("tokenizer     gpt2, words as 'qwen2', 262 tokens"))
    #expect(lines.contains("  tokenizer.ggml.tokens = 262 texts"))
    #expect(lines.contains { $0.hasPrefix("  token_embd.weight ") && $0.contains("[262, 32]") })
    #expect(lines.last?.hasSuffix("more (--tensors lists all)") == true)
  }
}
