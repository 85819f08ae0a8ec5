import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Recipes
import TestSupport
import Testing

/// What users' models and recipes may look like: names of old, longer references, other heads, files that are not there.
@Suite struct CheckpointFormTests {
  private let linear = "merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: m1}, {model: m2}]\n"

  private func old(_ tensor: NamedTensor) -> NamedTensor {
    var name = tensor.name
    for (new, old) in [("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")]
    where name.hasSuffix(new) { name = name.dropLast(new.count) + old }
    return NamedTensor(name, shape: tensor.shape, tensor.values)
  }

  @Test(arguments: ["base", "m2"]) func `gamma and beta are weight and bias`(changed: String) throws {
    let recipe =
      "merge_method: task_arithmetic\nbase_model: base\nparameters: {weight: 0.5}\nmodels: [{model: m1}, {model: m2}]"
    let plain = try MergeYard(bert: true)
    try plain.merge(recipe)
    let yard = try MergeYard(bert: true)
    try yard.change(changed) { old($0) }
    let outcome = try yard.merge(recipe)
    #expect(try yard.weights("out") == plain.weights("out"))
    #expect(
      outcome.notes == [
        "\(changed) calls its layer norms gamma and beta, others weight and bias: they count as the same, "
          + "and the result has today's names"
      ])
  }

  @Test func `gamma, beta and a prefix at once are the same names`() throws {
    let plain = try MergeYard(bert: true)
    try plain.merge(linear)
    let yard = try MergeYard(bert: true)
    try yard.change("m2") {
      let tensor = old($0)
      return NamedTensor("bert." + tensor.name, shape: tensor.shape, tensor.values)
    }
    try yard.merge(linear)
    #expect(try yard.weights("out") == plain.weights("out"))
  }

  @Test func `models that all have the names of old keep them`() throws {
    let yard = try MergeYard(bert: true)
    for model in ["m1", "m2"] { try yard.change(model) { old($0) } }
    #expect(try yard.merge(linear).notes == [])
    #expect(try yard.weights("out")["embeddings.LayerNorm.gamma"] != nil)
  }

  // MARK: Notes

  @Test(arguments: [
    ("ties", true), ("dare_ties", true), ("della", true), ("breadcrumbs_ties", true),
    ("task_arithmetic", false), ("dare_linear", false), ("della_linear", false), ("breadcrumbs", false),
  ])
  func `sums of negative weights are divided as the note says`(method: String, isNoted: Bool) throws {
    let yard = try MergeYard()
    let recipe = """
      merge_method: \(method)
      base_model: base
      parameters: {normalize: true, density: 1}
      models: [{model: m1, parameters: {weight: 0.7}}, {model: m2, parameters: {weight: -0.4}}]
      """
    let notes = try yard.merge(recipe).notes
    #expect(notes.contains { $0.hasPrefix("sums are divided by Σ |weight|") } == isNoted)
    #expect(try yard.text("out/merge.json").contains("Σ |weight|") == isNoted)
    guard method == "task_arithmetic" else { return }
    let (base, one, two) = (try yard.weights("base"), try yard.weights("m1"), try yard.weights("m2"))
    let name = "model.layers.1.mlp.up_proj.weight"
    let expected = zip(base[name] ?? [], zip(one[name] ?? [], two[name] ?? [])).map { base, models in
      base + (0.7 * (models.0 - base) - 0.4 * (models.1 - base)) / 0.3
    }
    #expect(relativeError(try yard.weights("out")[name] ?? [], expected) < 1e-5)
  }

  // MARK: References

  private func rename(_ model: String, to name: String, _ yard: MergeYard) throws {
    try FileManager.default.moveItem(
      at: yard.url.appendingPathComponent(model), to: yard.url.appendingPathComponent(name))
  }

  @Test(arguments: [
    "models: [{model: {model: {path: m1+chat}}}, {model: m2}]",
    "models: [{model: {model: m1+chat}}, {model: {model: {path: m2}}}]",
  ])
  func `a folder with a plus in its name has a longer form`(models: String) throws {
    let plain = try MergeYard()
    try plain.merge(linear)
    let yard = try MergeYard()
    try rename("m1", to: "m1+chat", yard)
    let recipe = "merge_method: linear\nparameters: {weight: 1}\n" + models
    #expect(CheckpointMerger.takes(recipe, path: yard.url.path + "/r.yaml", environment: [:]))
    try yard.merge(recipe)
    #expect(try yard.weights("out") == plain.weights("out"))
  }

  @Test func `base, tokenizer and sources of tokens have the longer form too`() throws {
    let yard = try MergeYard()
    let tokens = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
    for model in ["base", "m1", "m2"] { try yard.tokenizer(tokens, model) }
    try rename("base", to: "b+ase", yard)
    try yard.merge(
      """
      merge_method: task_arithmetic
      base_model: {model: {path: b+ase}}
      parameters: {weight: 1}
      models: [{model: m1}]
      tokenizer:
        source: {model: {path: b+ase}}
        tokens:
          a: {source: {model: {path: b+ase}}, force: true}
          b: {source: {kind: model_token, model: {model: {path: b+ase}}, token: c}, force: true}
      """)
    let (base, out) = (try yard.weights("b+ase"), try yard.weights("out"))
    #expect(out["lm_head.weight"]?.prefix(8) == base["lm_head.weight"]?.prefix(8))
    #expect(out["lm_head.weight"]?[8..<16] == base["lm_head.weight"]?[16..<24])
  }

  @Test func `a folder with a plus that is read as an adapter says how it is named`() throws {
    let yard = try MergeYard()
    try rename("m1", to: "m1+chat", yard)
    #expect(
      yard.refusal("merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: m1+chat}]") == """
        YARD/r.yaml:3:18: error: cannot find the adapter 'chat'
          'm1+chat' is a folder: a name with a '+' is written {model: {path: m1+chat}}
        """)
    #expect(
      yard.refusal("merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: {lora: {path: a}}}]")
        == """
        YARD/r.yaml:3:18: error: this is no model
            3 | models: [{model: {lora: {path: a}}}]
              |                  ^ write its name, or {model: {path: …}}
        """)
  }

  @Test func `an adapter with a plus in its name is merged with adapters`() throws {
    let yard = try MergeYard()
    try yard.write("{}", to: "a+b/adapter_config.json")
    let recipe = "merge_method: linear\nmodels: [{model: a+b}]"
    #expect(!CheckpointMerger.takes(recipe, path: yard.url.path + "/r.yaml", environment: [:]))
  }

  // MARK: Adapters

  private func adapter(_ path: String, rows: Int, in yard: MergeYard) throws {
    let factors = AdapterSite(
      a: Matrix(rows: 1, columns: 8, values: Array(repeating: 1, count: 8)),
      b: Matrix(rows: rows, columns: 1, values: Array(repeating: 1, count: rows)), alpha: 1)
    try PEFTAdapter.write(Adapter(name: "a", sites: [(path, factors)]), to: yard.url.path + "/adapter")
  }

  @Test(arguments: ["\"tie_word_embeddings\": true", "\"use_cache\": true"])
  func `an adapter of a head that is that of the embeddings is told so`(key: String) throws {
    let yard = try MergeYard()
    try adapter("lm_head", rows: 10, in: yard)
    try yard.change("m1") { $0.name == "lm_head.weight" ? nil : $0 }
    try yard.write(
      TinyCheckpoint.llamaConfiguration.replacingOccurrences(of: "\"tie_word_embeddings\": false", with: key),
      to: "m1/config.json")
    #expect(
      yard.refusal("merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: m1+adapter}]") == """
        YARD/adapter: layer 'lm_head': error: the adapter changes 'lm_head.weight', which is tied to the embeddings
          the merge would lose the change: untie the head (a weight of its own and tie_word_embeddings: false), or \
        use an adapter without it
        """)
  }

  @Test func `an adapter finds its layers in a checkpoint without its prefix`() throws {
    let recipe = "merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: m1+adapter}]"
    let plain = try MergeYard()
    try adapter("model.layers.1.self_attn.q_proj", rows: 8, in: plain)
    try plain.merge(recipe)
    let yard = try MergeYard()
    try adapter("model.layers.1.self_attn.q_proj", rows: 8, in: yard)
    try yard.change("m1") { tensor in
      NamedTensor(
        tensor.name.replacingOccurrences(of: "model.", with: ""), shape: tensor.shape, tensor.values)
    }
    try yard.merge(recipe)
    #expect(
      try yard.weights("out")["layers.1.self_attn.q_proj.weight"]
        == plain.weights("out")["model.layers.1.self_attn.q_proj.weight"])
  }

  // MARK: Files

  @Test func `heads of other sizes can be left out, and the refusal says so`() throws {
    let yard = try MergeYard(bert: true)
    for (model, labels) in [("m1", 3), ("m2", 5)] {
      let file = yard.url.path + "/" + model + "/model.safetensors"
      let weights = try yard.weights(model)
      let head = [
        NamedTensor("classifier.weight", shape: [labels, 8], Matrix(rows: labels, columns: 8)),
        NamedTensor("classifier.bias", shape: [labels], Matrix(rows: 1, columns: labels)),
      ]
      let body = TinyCheckpoint.bertShapes.keys.sorted().map { name in
        let values = weights[name] ?? []
        return NamedTensor(
          name, shape: TinyCheckpoint.bertShapes[name] ?? [],
          Matrix(rows: 1, columns: values.count, values: values))
      }
      try SafeTensorsWriter.write(body + head, to: file)
    }
    #expect(
      yard.refusal(linear) == """
        YARD/m2: tensor 'classifier.bias': error: the tensor has shape [5] here and [3] in YARD/m1
          only models of one architecture can be merged, or write leave_out: [classifier]
        """)
    try yard.merge(linear + "leave_out: [classifier]")
  }

  @Test(arguments: ["model.safetensors", "config.json", "tokenizer.json"])
  func `a Git LFS pointer in a model's folder says how to fetch the file`(file: String) throws {
    let yard = try MergeYard()
    try yard.write(
      "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n", to: "m1/\(file)")
    let source = file == "tokenizer.json" ? "tokenizer_source: base\n" : ""
    #expect(
      yard.refusal(linear + source) == """
        YARD/m1/\(file): error: this is a Git LFS pointer, not the file itself
          run `git lfs pull` in its repository, or fetch the file again
        """)
    if file == "tokenizer.json" { #expect(yard.refusal(linear).contains("Git LFS pointer")) }
  }
}
