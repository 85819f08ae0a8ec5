import Basics
import Checkpoints
import Execution
import Experiment
import Foundation
import Specs
import Tasks
import TestSupport
import Testing
import Training

extension BaseCheckTests {
  // MARK: What sentence-transformers has around the encoder

  static let chain = """
    [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
     {"idx": 1, "name": "1", "path": "1_P", "type": "sentence_transformers.models.Pooling"},
     {"idx": 2, "name": "2", "path": "2_N", "type": "sentence_transformers.models.NAME"}]
    """

  @Test func `modules behind the pooling that would change vectors are refused, others are not`() throws {
    try make()
    try write("1_P/config.json", #"{"pooling_mode_cls_token": true}"#)
    try write("modules.json", Self.chain.replacingOccurrences(of: "NAME", with: "Normalize"))
    #expect(complaints() == [])
    #expect(try BaseFolder.open(folder).pooling == .cls)
    try write("modules.json", Self.chain.replacingOccurrences(of: "NAME", with: "Dense"))
    #expect(
      complaints() == [
        "modules.json: module 2 'Dense': error: the module is not computed, and without it the vectors are others than "
          + "those of sentence-transformers\n  take a base without it; where the vectors before it will do, remove it "
          + "from the file"
      ])
    try write("1_P/config.json", #"{"pooling_mode_max_tokens": true}"#)
    #expect(complaints().count == 2)
    try write("modules.json", "{}")
    #expect(complaints() == ["modules.json: error: the file holds an object, not a list of modules"])
  }

  @Test func `the pooling that modules_json names is part of what the base is`() throws {
    try make()
    try write("modules.json", Self.chain.replacingOccurrences(of: "NAME", with: "Normalize"))
    try write("1_P/config.json", #"{"pooling_mode_cls_token": true}"#)
    let first = try resources().base(folder).sha256
    try write("1_P/config.json", #"{"pooling_mode_mean_tokens": true}"#)
    #expect(try resources().base(folder).sha256 != first)
  }

  @Test
  func `texts that sentence-transformers lowers and the tokenizer does not are told, and its longest length`()
    throws
  {
    try make()
    try write("sentence_bert_config.json", #"{"max_seq_length": 7, "do_lower_case": true}"#)
    #expect(complaints() == [])
    #expect(try resources().base(folder).longest == 7)
    try make(lowercase: false)
    try write("tokenizer_config.json", #"{"do_lower_case": false}"#)
    let told = complaints()
    #expect(told.count == 1)
    #expect(
      told.first?.hasPrefix("sentence_bert_config.json: key 'do_lower_case': error: ") == true, "\(told)")
    try write("sentence_bert_config.json", #"{"max_seq_length": 7, "do_lower_case": false}"#)
    #expect(complaints() == [])
  }

  @Test func `a base without tokenizer_config_json is read by transformers as one that lowers the case`()
    throws
  {
    try make(lowercase: false)
    let told = complaints()
    #expect(told.count == 1)
    #expect(
      told.first?.contains(
        "there is no such file: 'do_lower_case' is not said, which is true to transformers") == true,
      "\(told)")
    #expect(told.first?.contains(#"(a file of {"do_lower_case": false})"#) == true, "\(told)")
  }

  // MARK: Numbers that are not to be believed

  @Test func `sizes beyond the weights are told at once, however large`() throws {
    for layers in [3, 1_000_000_000] {
      try make(changed: ["num_hidden_layers": layers])
      #expect(
        complaints() == [
          "config.json: error: the configuration has \(layers) layers, and the checkpoint 2\n"
            + "  one of the two is of another model, or a part of the weights is missing"
        ])
    }
    try make(changed: ["vocab_size": 900_000_000_000])
    #expect(complaints().count == 1)
  }

  @Test func `layers that nothing would read are told`() throws {
    try make(changed: ["num_hidden_layers": 1])
    let told = complaints()
    #expect(told.count == 1)
    #expect(
      told.first?.hasPrefix(
        "config.json: error: the configuration has 1 layers, and the checkpoint 2: nothing would read "
          + "'encoder.layer.1.attention.output.LayerNorm.bias' and 15 more\n") == true, "\(told)")
  }

  @Test func `a quantised base is called one`() throws {
    try make(changed: ["quantization_config": ["quant_method": "gptq"]])
    #expect(
      complaints().map { $0.split(separator: "\n")[0] } == [
        "config.json: key 'quantization_config': error: the model is quantised (gptq), and quantised weights are not read"
      ])
  }

  // MARK: Words

  @Test func `words that the tokenizer makes nothing of are counted, apart from those that are cut`() throws {
    try make()
    let file = scratch.url.appendingPathComponent("a.jsonl")
    let words = ["up", "\u{200b}", "good", "down"].map { "\"\($0)\"" }.joined(separator: ", ")
    let row = #"{"text": [\#(words)], "label": ["O", "B-X", "O", "O"]}"#
    try Data("\(row)\n\(row)\n".utf8).write(to: file)
    let data = DataFile(sha256: try StableHash.hex(file: file.path), format: "jsonl")
    let task = TaskSpec(
      name: "t", kind: .tagging, source: .files(["train": data]),
      labels: ["O", "B-X"].map { LabelSpec(name: $0, description: $0) }, metrics: ["entity_f1"],
      validationFraction: 0, head: .linear)
    // [CLS] up good [SEP]
    let facts = resources().facts(of: task, base: folder, maxTokens: 4, locations: [data.sha256: file.path])
    let lengths = try #require(facts.first?.lengths)
    #expect(lengths.words == 8)
    #expect(lengths.emptyWords.count == 2 && lengths.emptyWords.line == 1)
    #expect(lengths.cutWords == 2 && lengths.cutRows.count == 2)
  }
}
