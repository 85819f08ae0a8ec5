import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Recipes
import Testing

/// Checkpoints whose files say other things than their weights do.
@Suite struct CheckpointStrangerTests {
  private static let linear =
    "merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: m1}, {model: m2}]\n"

  private func configure(_ yard: MergeYard, _ model: String, _ old: String, _ new: String) throws {
    let text = TinyCheckpoint.llamaConfiguration
    #expect(text.contains(old))
    try yard.write(text.replacingOccurrences(of: old, with: new), to: model + "/config.json")
  }

  @Test func `models that compute differently are merged with a note`() throws {
    let yard = try MergeYard()
    #expect(try yard.merge(Self.linear).notes == [])
    try configure(yard, "m2", "10000.0", "500000.0")
    #expect(
      try yard.merge(Self.linear).notes == [
        "the models compute differently: 'rope_theta' is 500000.0 here, 10000.0 there (here m2, there m1); "
          + "the result computes as m1"
      ])
  }

  @Test func `an index that is passed over is told`() throws {
    let yard = try MergeYard()
    func index(_ file: String) throws {
      try yard.write(
        #"{"weight_map": {"lm_head.weight": "\#(file)"}}"#, to: "m2/model.safetensors.index.json")
    }
    try index("model.safetensors")
    #expect(try yard.merge(Self.linear).notes == [])
    try index("model-00001-of-00002.safetensors")
    let notes = try yard.merge(Self.linear).notes
    #expect(notes.count == 1)
    #expect(notes.first?.contains("/m2/model.safetensors.index.json is passed over") == true)
  }

  @Test func `tied and untied heads come with a way out`() throws {
    let yard = try MergeYard()
    try configure(yard, "m2", #""tie_word_embeddings": false"#, #""tie_word_embeddings": true"#)
    let told = yard.refusal(Self.linear)
    #expect(
      told.hasPrefix(
        "YARD/m2/config.json: error: one model has an output layer of its own, the other uses its embeddings: "
          + "'tie_word_embeddings' is true here, false there\n  untie the one: "), "\(told)")
  }

  @Test func `quantised models are called so`() throws {
    let yard = try MergeYard()
    try configure(yard, "m2", "{", #"{"quantization_config": {"quant_method": "awq"}, "#)
    #expect(
      yard.refusal(Self.linear).hasPrefix(
        "YARD/m2/config.json: key 'quantization_config': error: the model is quantised (awq), and quantised weights are not "
          + "read\n  take the model that it was made from, or dequantise it"))
    try configure(yard, "m2", "{", "{")
    let header = #"{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#
    var bytes = Data([UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0])
    bytes.append(contentsOf: header.utf8 + [0])
    try bytes.write(to: yard.url.appendingPathComponent("m2/model.safetensors"))
    let told = yard.refusal(Self.linear)
    #expect(
      told.contains("numbers of type 'F8_E4M3' are not known\n  the model is quantised: take"), "\(told)")
  }

  @Test func `numbers that are none are told with their tensor, of a model and of an adapter`() throws {
    let yard = try MergeYard()
    func adapter(_ number: Float) throws {
      let factors = AdapterSite(
        a: Matrix(rows: 1, columns: 8, values: Array(repeating: 1, count: 8)),
        b: Matrix(rows: 8, columns: 1, values: Array(repeating: number, count: 8)), alpha: 1)
      try PEFTAdapter.write(
        Adapter(name: "a", sites: [("model.layers.1.self_attn.q_proj", factors)]),
        to: yard.url.path + "/adapter")
    }
    let recipe = Self.linear.replacingOccurrences(of: "m2", with: "m2+adapter")
    try adapter(1)
    try yard.merge(recipe)
    try adapter(.nan)
    #expect(
      yard.refusal(recipe).hasPrefix(
        "YARD/adapter: layer 'model.layers.1.self_attn.q_proj': error: lora_B of the adapter holds NaN or infinity"
      ))
    try yard.change("m2") { tensor in
      guard tensor.name == "model.norm.weight" else { return tensor }
      tensor.values[0, 3] = .infinity
      return tensor
    }
    let told = yard.refusal(Self.linear)
    #expect(
      told.hasPrefix(
        "YARD/m2/model.safetensors: tensor 'model.norm.weight': error: the tensor holds NaN or infinity"),
      "\(told)")
  }

  @Test func `sizes of a vocabulary are held against its rows before anything is made of them`() throws {
    let yard = try MergeYard()
    let tokens = "abcdefghij".map { String($0) }
    for model in ["m1", "m2"] { try yard.tokenizer(tokens, model) }
    try configure(yard, "m2", #""vocab_size": 10"#, #""vocab_size": 900000000000"#)
    let told = yard.refusal(Self.linear + "tokenizer_source: union")
    #expect(
      told.hasPrefix(
        "YARD/m2/config.json: error: 'vocab_size' is 900000000000, and 'lm_head.weight' has 10 rows"),
      "\(told)")
  }

  @Test func `a tokenizer without added tokens takes those of a union`() throws {
    let yard = try MergeYard()
    let vocabulary = "abcdefghij".enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
    try yard.write(
      #"{"added_tokens": null, "model": {"vocab": {\#(vocabulary)}}}"#, to: "m1/tokenizer.json")
    try yard.tokenizer("abcdefghi".map { String($0) } + ["<turn>"], "m2")
    try yard.merge(Self.linear + "tokenizer_source: union")
    let written = try TokenizerVocabulary(folder: yard.url.path + "/out")
    #expect(written.ids[ExactText("<turn>")] == 10)
    #expect(written.ids[ExactText("j")] == 9)
  }

  @Test func `a tokenizer that is missing is to be fetched`() throws {
    let yard = try MergeYard()
    try yard.tokenizer("abcdefghij".map { String($0) }, "m1")
    #expect(
      yard.refusal(Self.linear + "tokenizer_source: base").contains(
        "fetch the tokenizer.json that belongs to the model into its folder"))
    try yard.write("", to: "m2/tokenizer.model")
    #expect(yard.refusal(Self.linear + "tokenizer_source: base").contains("tokenizer.model is not read: "))
    try configure(yard, "m2", #""vocab_size": 10"#, #""vocab_size": 9"#)
    #expect(
      yard.refusal(Self.linear).contains(
        "it needs the tokenizers, and YARD/m2 has none: fetch its tokenizer.json"))
  }
}
