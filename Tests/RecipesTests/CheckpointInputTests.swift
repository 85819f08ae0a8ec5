import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Machine
import Merging
import Recipes
import TestSupport
import Testing

/// Models as they come: with prefixes, heads, buffers, revisions, odd tensors, and what an earlier run left behind.
@Suite struct CheckpointInputTests {
  private let linear = "merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: m1}, {model: m2}]\n"

  @Test func `names with and without the prefix of a class with a head are the same`() throws {
    let plain = try MergeYard()
    try plain.merge(linear)
    let expected = try plain.weights("out")
    for changed in ["m1", "m2"] {
      let yard = try MergeYard()
      try yard.change(changed) { tensor in
        NamedTensor(
          tensor.name.hasPrefix("model.") ? String(tensor.name.dropFirst(6)) : tensor.name,
          shape: tensor.shape,
          tensor.values)
      }
      let outcome = try yard.merge(linear)
      let merged = try yard.weights("out")
      // The first model names the result.
      let prefix = changed == "m1" ? "" : "model."
      #expect(merged[prefix + "layers.1.mlp.up_proj.weight"] == expected["model.layers.1.mlp.up_proj.weight"])
      #expect(merged["lm_head.weight"] == expected["lm_head.weight"])
      #expect(merged.count == expected.count)
      let (with, without) = changed == "m1" ? ("m2", "m1") : ("m1", "m2")
      #expect(
        outcome.notes == [
          "the names of \(with) begin with 'model.', those of \(without) do not: they count as the same"
        ])
    }
  }

  @Test func `heads are left out where the recipe says so`() throws {
    let yard = try MergeYard()
    try yard.change("m1") { $0.name == "lm_head.weight" ? nil : $0 }
    try yard.merge(linear + "leave_out: [lm_head]")
    let merged = try yard.weights("out")
    #expect(merged["lm_head.weight"] == nil)
    #expect(merged.count == TinyCheckpoint.llamaShapes.count - 1)
  }

  @Test func `a key that only one configuration has is no other architecture`() throws {
    let yard = try MergeYard()
    try yard.write(
      TinyCheckpoint.llamaConfiguration.replacingOccurrences(
        of: "\"hidden_size\": 8", with: "\"head_dim\": 4, \"hidden_size\": 8"), to: "m1/config.json")
    try yard.merge(linear)
  }

  @Test func `filters of a level that another one hides, and of tied heads, are no slips`() throws {
    let yard = try MergeYard()
    for model in ["m1", "m2"] {
      try yard.write(
        TinyCheckpoint.llamaConfiguration.replacingOccurrences(of: "false", with: "true"),
        to: model + "/config.json")
    }
    try yard.merge(
      """
      merge_method: linear
      models:
        - {model: m1, parameters: {weight: 1}}
        - {model: m2, parameters: {weight: [{filter: lm_head, value: 2}, {value: 1}]}}
      parameters: {weight: [{filter: mlp, value: 3}, {value: 1}]}
      """)
    for model in ["m1", "m2"] { try yard.change(model) { $0.name == "lm_head.weight" ? nil : $0 } }
    let outcome = try yard.merge(
      "merge_method: linear\nparameters: {weight: [{filter: lm_head, value: 2}, {value: 1}]}\n"
        + "models: [{model: m1}, {model: m2}]")
    #expect(
      outcome.notes == ["the filter 'lm_head' has no effect: the output layer is that of the embeddings"])
  }

  @Test func `what differs from mergekit on purpose is said`() throws {
    let yard = try MergeYard()
    let outcome = try yard.merge(
      "merge_method: ties\nbase_model: base\nparameters: {weight: -1, int8_mask: true}\nmodels: [{model: m1}]"
    )
    #expect(
      outcome.notes == [
        "int8_mask has no effect: masks take no memory here",
        "sums are divided by Σ |weight|; mergekit divides by Σ weight, which turns negative weights round",
      ])
  }

  // MARK: Files

  @Test func `a folder without safetensors is refused with what it has`() throws {
    func refusal(_ change: (String) throws -> Void) throws -> String {
      let yard = try MergeYard()
      let folder = yard.url.path + "/m1"
      try FileManager.default.moveItem(atPath: folder + "/model.safetensors", toPath: folder + "/old")
      try change(folder)
      return yard.refusal(linear)
    }
    let what =
      "YARD/m1: error: the folder holds no model.safetensors and no model.safetensors.index.json"
    #expect(try refusal { _ in } == what)
    #expect(
      try refusal { try Data().write(to: URL(fileURLWithPath: $0 + "/pytorch_model-00001-of-00002.bin")) }
        == what
        + "\n  pytorch_model-00001-of-00002.bin is not read, as a pickle may hold any program: save the "
        + "model as safetensors, with transformers' save_pretrained")
    #expect(
      try refusal {
        try FileManager.default.moveItem(
          atPath: $0 + "/old", toPath: $0 + "/model-00001-of-00001.safetensors")
      } == what
        + "\n  'model-00001-of-00001.safetensors' is there without an index: fetch model.safetensors.index.json too"
    )
  }

  /// Moves a model's weights into a shard, beside one with a whole number.
  private func shard(_ yard: MergeYard, _ model: String, counter: UInt8, indexes: [String] = ["counter"])
    throws
  {
    let folder = yard.url.path + "/" + model
    let names = try Checkpoint(folder: folder, asStored: true).names
    try FileManager.default.moveItem(atPath: folder + "/model.safetensors", toPath: folder + "/a.safetensors")
    let header = #"{"counter":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#
    let bytes =
      [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [counter] + [
        0, 0, 0, 0, 0, 0, 0,
      ]
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/b.safetensors"))
    var map = names.map { "\"\($0)\": \"a.safetensors\"" } + indexes.map { "\"\($0)\": \"b.safetensors\"" }
    if indexes.isEmpty { map.append("\"counter\": \"a.safetensors\"") }
    try yard.write(
      "{\"weight_map\": {\(map.joined(separator: ", "))}}", to: model + "/model.safetensors.index.json")
  }

  @Test func `whole numbers stay where all models have the same`() throws {
    let yard = try MergeYard()
    try shard(yard, "m1", counter: 7)
    try shard(yard, "m2", counter: 7)
    try yard.merge(linear)
    #expect(
      try Checkpoint(folder: yard.url.path + "/out", asStored: true).bytes("counter") == [
        7, 0, 0, 0, 0, 0, 0, 0,
      ])
    let other = try MergeYard()
    try shard(other, "m1", counter: 7)
    try shard(other, "m2", counter: 8)
    #expect(
      other.refusal(linear) == """
        YARD/m2: error: 'counter' holds whole numbers, and the models differ in them
          whole numbers are not merged
        """)
  }

  @Test func `a shard with more than its index says is refused`() throws {
    let yard = try MergeYard()
    try shard(yard, "m1", counter: 7)
    let index = try yard.text("m1/model.safetensors.index.json")
    try yard.write(
      index.replacingOccurrences(of: "\"lm_head.weight\": \"a.safetensors\", ", with: ""),
      to: "m1/model.safetensors.index.json")
    #expect(
      yard.refusal(linear) == """
        YARD/m1/model.safetensors.index.json: error: the index leaves 'lm_head.weight' of the shard 'a.safetensors' out
          the files are of different models, it seems: fetch or save the model again
        """)
    try FileManager.default.copyItem(
      atPath: yard.url.path + "/m1/a.safetensors", toPath: yard.url.path + "/m1/c.safetensors")
    try yard.write(
      index.replacingOccurrences(
        of: "\"lm_head.weight\": \"a.safetensors\"", with: "\"lm_head.weight\": \"c.safetensors\""),
      to: "m1/model.safetensors.index.json")
    #expect(
      yard.refusal(linear).contains("'lm_head.weight' lies in the shard 'a.safetensors' too, not only in 'c"))
  }

  @Test(arguments: [
    "linear", "ties", "dare_ties", "della", "breadcrumbs", "sce", "slerp", "karcher", "model_stock",
    "ramplus_tl",
    "arcee_fusion",
  ])
  func `tensors of no numbers and of one are merged like others`(method: String) throws {
    let yard = try MergeYard()
    for (number, model) in ["base", "m1", "m2"].enumerated() {
      try yard.change(model) { tensor in
        switch tensor.name {
        case "model.norm.weight": NamedTensor(tensor.name, shape: [0, 8], Matrix(rows: 1, columns: 0))
        case "lm_head.weight":
          NamedTensor(tensor.name, shape: [], Matrix(rows: 1, columns: 1, values: [Float(number) + 1]))
        default: tensor
        }
      }
    }
    let takesOne = ["slerp", "arcee_fusion"].contains(method)
    let models = takesOne ? "[{model: m1}]" : "[{model: m1}, {model: m2}]"
    let parameters =
      switch method {
      case "linear", "ties": "parameters: {weight: 1}"
      case "slerp": "parameters: {t: 0.5}"
      case "dare_ties", "della", "breadcrumbs": "parameters: {weight: 1, density: 0.5}"
      default: ""
      }
    let base = method == "linear" || method == "karcher" ? "" : "base_model: base\n"
    try yard.merge("merge_method: \(method)\n\(base)models: \(models)\n\(parameters)")
    let merged = try yard.weights("out")
    #expect(merged["model.norm.weight"] == [])
    #expect(merged["lm_head.weight"]?.allSatisfy { $0 >= 1 && $0 <= 6 } == true)
  }

  // MARK: Adapters

  @Test func `an adapter of a layer that holds the transpose is turned`() throws {
    let yard = try MergeYard()
    let path = "model.layers.1.self_attn.q_proj"
    let a = Matrix(rows: 1, columns: 8, values: (0..<8).map { Float($0) / 8 })
    let b = Matrix(rows: 8, columns: 1, values: (0..<8).map { Float($0 * $0) / 64 })
    try PEFTAdapter.write(
      Adapter(name: "a", sites: [(path, AdapterSite(a: a, b: b, alpha: 1))], isFanInFanOut: true),
      to: yard.url.path + "/adapter")
    try yard.merge("merge_method: linear\nmodels: [{model: base+adapter, parameters: {weight: 1}}]")
    let change = (DoubleMatrix(b) * DoubleMatrix(a)).transposed
    let base = try yard.weights("base")[path + ".weight"] ?? []
    let merged = try yard.weights("out")[path + ".weight"] ?? []
    #expect(relativeError(merged, zip(base, change.values).map { $0 + Float($1) }) < 1e-6)
  }

  @Test func `what is left out of an adapter stays in its checkpoint`() throws {
    let yard = try MergeYard()
    let factors = AdapterSite(
      a: Matrix(rows: 1, columns: 8, values: Array(repeating: 0.5, count: 8)),
      b: Matrix(rows: 8, columns: 1, values: Array(repeating: 1, count: 8)), alpha: 1)
    let adapter = yard.url.path + "/adapter"
    let path = "model.layers.0.self_attn.q_proj"
    try PEFTAdapter.write(Adapter(name: "a", sites: [(path, factors)]), to: adapter)
    let file = adapter + "/adapter_config.json"
    let config = try String(contentsOfFile: file, encoding: .utf8)
    try config.replacing(#""modules_to_save" : null"#, with: #""modules_to_save" : ["lm_head"]"#)
      .write(toFile: file, atomically: true, encoding: .utf8)
    let models = """
      merge_method: linear
      models: [{model: base+adapter, parameters: {weight: 1}}, {model: m1, parameters: {weight: 0}}]

      """
    #expect(yard.refusal(models).contains("modules_to_save is not supported"))
    try yard.merge(models + "leave_out: [lm_head]")
    let (merged, base) = (try yard.weights("out"), try yard.weights("base"))
    #expect(merged.keys.sorted() == base.keys.sorted())
    #expect(merged["lm_head.weight"] == base["lm_head.weight"])
    #expect(merged[path + ".weight"] != base[path + ".weight"])
  }

  @Test func `adapters are held against a base of any family`() throws {
    let yard = try MergeYard()
    func factors(_ rows: Int) -> AdapterSite {
      AdapterSite(
        a: Matrix(rows: 1, columns: 8, values: Array(repeating: 0.5, count: 8)),
        b: Matrix(rows: rows, columns: 1, values: Array(repeating: 1, count: rows)), alpha: 1)
    }
    let linear = try MergeMethods.all.entry(named: "linear")
    func merge(_ rows: Int) throws {
      try PEFTAdapter.write(
        Adapter(
          name: "a", sites: [("model.layers.1.self_attn.k_proj", factors(rows))], targetModules: ["k_proj"]),
        to: yard.url.path + "/adapter")
      let recipe = try MergeRecipeReader.read(
        "merge_method: linear\nbase_model: base\nmodels: [{model: adapter}]",
        path: yard.url.path + "/r.yaml",
        methods: [linear])
      _ = try RecipeMerger.merge(recipe, into: yard.url.path + "/out", environment: [:], version: "0")
    }
    try merge(4)
    // One of three layers has the short name's end, so that the whole path is written.
    let written = try PEFTAdapter.read(yard.url.path + "/out")
    #expect(written.targetModules == ["model.layers.1.self_attn.k_proj"])
    #expect(throws: Diagnostic.self) { try merge(5) }
  }

  @Test func `an adapter that the merge would lose or cannot place is refused`() throws {
    let yard = try MergeYard()
    let factors = AdapterSite(
      a: Matrix(rows: 1, columns: 8, values: Array(repeating: 1, count: 8)),
      b: Matrix(rows: 10, columns: 1, values: Array(repeating: 1, count: 10)), alpha: 1)
    try PEFTAdapter.write(Adapter(name: "a", sites: [("lm_head", factors)]), to: yard.url.path + "/adapter")
    try yard.write(
      TinyCheckpoint.llamaConfiguration.replacingOccurrences(of: "false", with: "true"),
      to: "base/config.json")
    let recipe = "merge_method: linear\nmodels: [{model: base+adapter, parameters: {weight: 1}}]"
    #expect(
      yard.refusal(recipe) == """
        YARD/adapter: layer 'lm_head': error: the adapter changes 'lm_head.weight', which is tied to the embeddings
          the merge would lose the change: untie the head (a weight of its own and tie_word_embeddings: false), or \
        use an adapter without it
        """)
    try PEFTAdapter.write(
      Adapter(name: "a", sites: [("self_attn.q_proj", factors)]), to: yard.url.path + "/adapter")
    #expect(
      yard.refusal(recipe).contains("error: the checkpoint has 3 weights of that name: model.layers.0."))
  }

  // MARK: Tokenizers and places

  @Test func `special tokens stay special in a union`() throws {
    let yard = try MergeYard()
    try yard.tokenizer(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], "m1")
    try yard.tokenizer(["a", "b", "c", "d", "e", "f", "g", "h", "i", "<turn>"], "m2")
    try yard.merge(linear + "tokenizer: {}")
    let tokenizer = try yard.text("out/tokenizer.json")
    #expect(tokenizer.contains(#""content":"<turn>","id":10"#))
    #expect(tokenizer.contains(#""rstrip":true,"single_word":false,"special":true"#))
    #expect(
      yard.refusal(linear + "tokenizer: {tokens: {new: {force: true}}}") == """
        YARD/r.yaml:4:22: error: not every model has the token 'new', and nothing says where its embedding comes from
          give it a source: a model, {kind: zero} or {kind: model_token, …}
        """)
  }

  @Test func `the chat template is written where loaders look for it`() throws {
    let yard = try MergeYard()
    let (often, once) = ("{{ messages[0].content }}, often", "{{ messages[0].content }}, once")
    try yard.write("{\"chat_template\": \"\(once)\", \"a\": 1}", to: "m1/tokenizer_config.json")
    try yard.write("{\"chat_template\": \"\(often)\"}", to: "m2/tokenizer_config.json")
    try yard.write(often + "\n", to: "m3/chat_template.jinja")
    let outcome = try yard.merge(
      "merge_method: linear\nparameters: {weight: 1}\nchat_template: auto\n"
        + "models: [{model: m1}, {model: m2}, {model: m3}]")
    #expect(outcome.files.contains("chat_template.jinja"))
    #expect(try yard.text("out/chat_template.jinja") == often)
    let configuration = try CheckpointConfiguration(
      folder: yard.url.path + "/out", file: "tokenizer_config.json")
    #expect(configuration.text("chat_template") == often && configuration.integer("a") == 1)
    try yard.merge(linear + "chat_template: chatml", into: "chatml")
    #expect(try yard.text("chatml/chat_template.jinja").contains("<|im_start|>assistant"))
  }

  @Test func `a revision is looked up in the cache of the hub`() throws {
    let yard = try MergeYard()
    let model = yard.url.appendingPathComponent("hub/models--org--net")
    for (name, commit) in [("m1", "abc"), ("m2", "def")] {
      try FileManager.default.createDirectory(
        at: model.appendingPathComponent("snapshots"), withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: yard.url.appendingPathComponent(name), to: model.appendingPathComponent("snapshots/" + commit))
    }
    try yard.write("def\n", to: "hub/models--org--net/refs/v2")
    let environment = ["HF_HUB_CACHE": yard.url.path + "/hub"]
    func merged(_ revision: String) throws -> [String: [Float]] {
      try yard.merge(
        "merge_method: linear\nmodels: [{model: org/net@\(revision), parameters: {weight: 1}}]",
        environment: environment)
      return try yard.weights("out")
    }
    #expect(try merged("abc") == yard.weights("m1"))
    #expect(try merged("v2") == yard.weights("m2"))
    #expect(
      yard.refusal(
        "merge_method: linear\nmodels: [{model: org/net@v3, parameters: {weight: 1}}]",
        environment: environment)
          == """
          YARD/r.yaml:2:18: error: cannot find the base 'org/net' at the revision 'v3'
            a folder with config.json was looked for at:
              YARD/hub/models--org--net/snapshots/v3
          """)
  }

  @Test func `what a killed merge left is removed, and what it moved away comes back`() throws {
    let yard = try MergeYard()
    // No process has that number.
    // No process has this number: the kernel's limit lies below.
    var process = ProcessIdentity.current
    process.process = 2_000_000_000
    let gone = process.fileName
    try yard.write("half", to: ".out.\(gone).partial/model.safetensors")
    try yard.write("old", to: ".out.\(gone).replaced/model.safetensors")
    try yard.write("other", to: ".outer.\(gone).partial/model.safetensors")
    #expect(yard.refusal("merge_method: ties\nmodels: []") != "merged")
    #expect(throws: (any Error).self) {
      try yard.merge(
        "merge_method: linear\nparameters: {weight: 1000000, normalize: false}\nmodels: [{model: m1}]\ndtype: float16"
      )
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: yard.url.path).sorted()
    #expect(left == [".outer.\(gone).partial", "base", "m1", "m2", "m3", "out"])
    #expect(try yard.text("out/model.safetensors") == "old")
    try yard.merge(linear)
    #expect(try yard.text("out/README.md").contains("linear"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: yard.url.path).sorted() == left)
  }
}
