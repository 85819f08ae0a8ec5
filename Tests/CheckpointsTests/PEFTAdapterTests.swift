import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// What Tests/Golden/peft/generate_peft.py writes, as far as it concerns files.
private struct Golden: Decodable {
  struct Delta: Decodable {
    let norm: Double
    let scale: Double
  }

  struct Case: Decodable {
    let deltas: [String: Delta]
  }

  let adapters: [String: Case]
}

@Suite struct PEFTAdapterTests {
  /// The linear layers of the golden base.
  private let layers: [String: (out: Int, in: Int)] = {
    var layers: [String: (out: Int, in: Int)] = [:]
    for layer in 0..<2 {
      let prefix = "encoder.layer.\(layer)."
      for name in ["self.query", "self.key", "self.value", "output.dense"] {
        layers[prefix + "attention." + name] = (32, 32)
      }
      layers[prefix + "intermediate.dense"] = (48, 32)
      layers[prefix + "output.dense"] = (32, 48)
    }
    return layers
  }()

  @Test func `adapters of PEFT have PEFT's scales and changes, also with patterns and rsLoRA`() throws {
    let data = try Data(contentsOf: Reference.golden("peft/golden.json"))
    let golden = try JSONDecoder().decode(Golden.self, from: data)
    #expect(golden.adapters.keys.sorted() == ["mixed", "plain", "rslora"])
    for (name, item) in golden.adapters.sorted(by: { $0.key < $1.key }) {
      let adapter = try PEFTAdapter.read(Reference.golden("peft/\(name)").path)
      #expect(adapter.sites.map(\.path) == item.deltas.keys.sorted())
      #expect(adapter.baseModel == "base" && adapter.taskType == "FEATURE_EXTRACTION")
      for (path, delta) in adapter.sites {
        let expected = try #require(item.deltas[path])
        #expect(abs(adapter.scale(of: delta) - expected.scale) < 1e-12)
        #expect(abs(adapter.lowRank(delta).norm - expected.norm) < 1e-5 * expected.norm)
      }
      try adapter.check(against: layers)
    }
    let mixed = try PEFTAdapter.read(Reference.golden("peft/mixed").path)
    #expect(Set(mixed.sites.map(\.delta.rank)) == [2, 3, 4])
  }

  @Test(arguments: ["plain", "mixed", "rslora"])
  func `an adapter that is read, written and read again is the same to the bit`(name: String) throws {
    try withFolder { folder in
      let source = Reference.golden("peft/\(name)").path
      let adapter = try PEFTAdapter.read(source)
      try PEFTAdapter.write(adapter, to: folder + "/deep/copy")
      let copy = try PEFTAdapter.read(folder + "/deep/copy")
      #expect(copy.sites.map(\.path) == adapter.sites.map(\.path))
      #expect(copy.targetModules == adapter.sites.map(\.path) && copy.usesRSLoRA == adapter.usesRSLoRA)
      #expect(copy.taskType == adapter.taskType && copy.baseModel == adapter.baseModel)
      for (one, two) in zip(copy.sites, adapter.sites) {
        #expect(one.delta.alpha == two.delta.alpha && one.delta.rank == two.delta.rank)
      }
      let before = try SafeTensorsFile(path: source + "/adapter_model.safetensors")
      let after = try SafeTensorsFile(path: folder + "/deep/copy/adapter_model.safetensors")
      #expect(before.names == after.names)
      for tensor in before.names { #expect(try before.bytes(tensor) == after.bytes(tensor)) }
    }
  }

  /// Run by hand: `MIXOLOGY_PEFT_OUT=<folder>` and then `check_ours.py <folder>/plain plain` and so on.
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["MIXOLOGY_PEFT_OUT"] != nil, "needs a folder to write to"))
  func `adapters are written for check_ours to load with PEFT`() throws {
    let out = try #require(ProcessInfo.processInfo.environment["MIXOLOGY_PEFT_OUT"])
    for name in ["plain", "mixed", "rslora"] {
      let adapter = try PEFTAdapter.read(Reference.golden("peft/\(name)").path)
      try PEFTAdapter.write(adapter, to: "\(out)/\(name)", layers: layers.keys.sorted())
      #expect(try PEFTAdapter.read("\(out)/\(name)").sites.count == adapter.sites.count)
    }
  }

  @Test func `of two patterns that fit a layer the first counts`() throws {
    try withFolder { folder in
      let prefix = "base_model.model.encoder.output.dense"
      let factors = [
        NamedTensor(prefix + ".lora_A.weight", Matrix(rows: 2, columns: 3)),
        NamedTensor(prefix + ".lora_B.weight", Matrix(rows: 3, columns: 2)),
      ]
      try SafeTensorsWriter.write(factors, to: folder + "/adapter_model.safetensors")
      func read(_ pattern: String) throws -> String? {
        try write(
          #"{"peft_type":"LORA","r":8,"rank_pattern":\#(pattern)}"#, to: folder + "/adapter_config.json")
        return try problem(in: folder) { _ = try PEFTAdapter.read(folder) }
      }
      let refused = { (rank: Int) in
        "adapter_model.safetensors: layer 'encoder.output.dense': error: the factors have rank 2, "
          + "adapter_config.json says \(rank)\n  both files must come from one adapter"
      }
      #expect(try read(#"{"dense":2,"output.dense":3}"#) == nil)
      #expect(try read(#"{"output.dense":3,"dense":2}"#) == refused(3))
      #expect(try read(#"{"o[a-z]+t\\.dense":2,"dense":3}"#) == nil)
      #expect(try read(#"{"ense":2}"#) == refused(8))
    }
  }

  @Test func `the frozen weight that PEFT stores beside factors is no part of the change`() throws {
    try withFolder { folder in
      try write(#"{"peft_type":"LORA","r":2,"lora_alpha":2}"#, to: folder + "/adapter_config.json")
      let prefix = "base_model.model.lm_head"
      let (a, b) = (Matrix(rows: 2, columns: 3), Matrix(rows: 4, columns: 2))
      (a[0, 0], b[0, 0]) = (3, 5)
      let frozen = Matrix(rows: 4, columns: 3)
      frozen[1, 1] = 7
      try SafeTensorsWriter.write(
        [
          NamedTensor(prefix + ".lora_A.weight", a), NamedTensor(prefix + ".lora_B.weight", b),
          NamedTensor(prefix + ".base_layer.weight", frozen),
        ], to: folder + "/adapter_model.safetensors")
      let adapter = try PEFTAdapter.read(folder)
      #expect(adapter.sites.map(\.path) == ["lm_head"])
      let change = adapter.lowRank(adapter.sites[0].delta).dense
      #expect(change[0, 0] == 15 && change.norm == 15)
    }
  }

  @Test func `short names are written only where they name exactly the adapted layers`() throws {
    try withFolder { folder in
      var adapter = try PEFTAdapter.read(Reference.golden("peft/plain").path)
      #expect(adapter.targetModules == ["query", "value"])
      let all = layers.keys.sorted()
      try PEFTAdapter.write(adapter, to: folder, layers: all)
      #expect(try PEFTAdapter.read(folder).targetModules == ["query", "value"])
      adapter.sites.removeLast()
      try PEFTAdapter.write(adapter, to: folder, layers: all)
      #expect(try PEFTAdapter.read(folder).targetModules == adapter.sites.map(\.path))
      // In a list PEFT would look for a layer of that name.
      adapter.targetModules = ["all-linear"]
      try PEFTAdapter.write(adapter, to: folder, layers: adapter.sites.map(\.path))
      #expect(try PEFTAdapter.read(folder).targetModules == adapter.sites.map(\.path))
    }
  }

  @Test func `an adapter for another base is refused with the first mismatches`() throws {
    let adapter = try PEFTAdapter.read(Reference.golden("peft/plain").path)
    var other = layers.filter { !$0.key.hasPrefix("encoder.layer.1.") }
    other["encoder.layer.0.attention.self.query"] = (64, 64)
    let text = try problem(in: Reference.golden("peft").path) { try adapter.check(against: other) }
    #expect(
      text == """
        plain: error: the adapter was made for another base
          'encoder.layer.0.attention.self.query' is (64, 64) in the base, (32, 32) in the adapter; \
        the base has no linear layer 'encoder.layer.1.attention.self.query'; \
        the base has no linear layer 'encoder.layer.1.attention.self.value'
        """)
  }

  @Test(arguments: [
    (#""peft_type":"IA3""#, "peft_type 'IA3' is not supported\n  only LORA adapters are read"),
    (#""r":4"#, "'peft_type' is missing"),
    (
      #""peft_type":"LORA","use_dora":true"#,
      "use_dora is not supported: DoRA rescales rows of the weight, so its change is not s·B·A\n"
        + "  put it into the base with PEFT's merge_and_unload and take the change with `mixology extract`"
    ),
    (
      #""peft_type":"LORA","bias":"lora_only""#,
      "bias 'lora_only' is not supported: the adapter changes biases of the base\n"
        + "  a merge of factors would lose them; train with bias: none"
    ),
    (
      #""peft_type":"LORA","modules_to_save":["score","classifier"]"#,
      "modules_to_save is not supported: whole layers were trained beside the factors\n"
        + "  a merge that can do without them, as without heads, says leave_out: [classifier, score]"
    ),
    (
      #""peft_type":"LORA","init_lora_weights":"pissa""#,
      "init_lora_weights 'pissa' is not supported: it also changed the weights of the base\n  convert the adapter to "
        + "plain LoRA with PEFT's save_pretrained(path_initial_model_for_weight_conversion=…)"
    ),
    (
      #""peft_type":"LORA","init_lora_weights":"lora_ga""#,
      "init_lora_weights 'lora_ga' is not supported: it also changed the weights of the base\n  convert the adapter to "
        + "plain LoRA with PEFT's save_pretrained(path_initial_model_for_weight_conversion=…)"
    ),
    (
      #""peft_type":"LORA","init_lora_weights":"loftq""#,
      "init_lora_weights 'loftq' is not supported: it also changed the weights of the base\n  put it into its quantised "
        + "base with PEFT's merge_and_unload and take the change with `mixology extract`"
    ),
    (#""peft_type":"LORA","r":0"#, "'r' must be a whole number from 1, not 0"),
    (#""peft_type":"LORA","r":2.5"#, "'r' must be a whole number from 1, not 2.5"),
    (#""peft_type":"LORA","r":"four""#, "'r' must be a whole number from 1, not a string"),
    (#""peft_type":"LORA","rank_pattern":{"(":2}"#, "'(' in rank_pattern is no regular expression"),
  ])
  func `what is not plain LoRA is refused with the reason`(fields: String, expected: String) throws {
    try withFolder { folder in
      try write("{\(fields)}", to: folder + "/adapter_config.json")
      let text = try problem(in: folder) { _ = try PEFTAdapter.read(folder) }
      #expect(text == "adapter_config.json: error: " + expected)
    }
  }

  @Test(
    arguments: [
      (
        ["base_model.model.x.lora_magnitude_vector": [4, 1]],
        "error: the tensor 'base_model.model.x.lora_magnitude_vector' is no LoRA factor of a linear layer\n"
          + "  expected base_model.model.<layer>.lora_A.weight and .lora_B.weight"
      ),
      (["base_model.model.x.lora_A.weight": [2, 3]], "error: lora_B of 'x' is missing"),
      (
        ["base_model.model.lm_head.weight": [4, 3]],
        "error: the tensor 'base_model.model.lm_head.weight' is no LoRA factor of a linear layer\n"
          + "  it is a whole layer, which PEFT adds where the vocabulary grew; where it did not, save the adapter again "
          + "with PEFT's save_pretrained(save_embedding_layers=False)"
      ),
      (
        [
          "base_model.model.x.lora_A.weight": [2, 3], "base_model.model.x.lora_B.weight": [4, 2],
          "base_model.model.y.base_layer.weight": [4, 3],
        ],
        "tensor 'base_model.model.y.base_layer.weight': error: the tensor is a copy of a weight of the base, and its "
          + "layer has no factors\n  save the adapter again with PEFT's save_pretrained(save_embedding_layers=False)"
      ),
      (
        [
          "base_model.model.x.lora_A.weight": [2, 3], "base_model.model.x.lora_B.weight": [4, 2],
          "base_model.model.x.base_layer.weight": [5, 3],
        ],
        "tensor 'base_model.model.x.base_layer.weight': error: the copy of the base's weight has shape [5, 3], the "
          + "change of its layer [4, 3]\n  both must come from one adapter"
      ),
      (
        ["base_model.model.x.lora_A.weight": [2, 3], "base_model.model.x.lora_B.weight": [4, 3]],
        "layer 'x': error: lora_A [2, 3] and lora_B [4, 3] do not fit: (r, in) and (out, r) are needed"
      ),
      (
        ["base_model.model.x.lora_A.weight": [3, 3], "base_model.model.x.lora_B.weight": [4, 3]],
        "layer 'x': error: the factors have rank 3, adapter_config.json says 2\n"
          + "  both files must come from one adapter"
      ),
      ([:], "error: the adapter has no tensors"),
    ] as [([String: [Int]], String)])
  func `tensors that make no adapter are refused`(shapes: [String: [Int]], expected: String) throws {
    try withFolder { folder in
      try write(#"{"peft_type":"LORA","r":2}"#, to: folder + "/adapter_config.json")
      let tensors = shapes.map { NamedTensor($0.key, Matrix(rows: $0.value[0], columns: $0.value[1])) }
      try SafeTensorsWriter.write(tensors, to: folder + "/adapter_model.safetensors")
      let text = try problem(in: folder) { _ = try PEFTAdapter.read(folder) }
      #expect(text == "adapter_model.safetensors: " + expected)
    }
  }
}
