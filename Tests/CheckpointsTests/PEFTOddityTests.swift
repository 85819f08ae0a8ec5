import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// Adapters of PEFT that are not plain LoRA of linear layers: Tests/Golden/peft/generate_oddities.py.
@Suite struct PEFTOddityTests {
  private struct Golden: Decodable { let adapters: [String: [String: [Double]]] }

  private func folder(_ name: String) -> String { Reference.golden("peft/\(name)").path }

  /// ΔW times the vector of 1 ÷ (1 + i).
  private func probed(_ adapter: Adapter) -> [String: [Double]] {
    Dictionary(
      uniqueKeysWithValues: adapter.sites.map { path, delta in
        let probe = DoubleMatrix(
          rows: delta.a.columns, columns: 1, values: (0..<delta.a.columns).map { 1 / Double($0 + 1) })
        return (path, (adapter.lowRank(delta).dense * probe).values)
      })
  }

  private func check(_ adapter: Adapter, _ name: String) throws {
    let data = try Data(contentsOf: Reference.golden("peft/oddities.json"))
    let expected = try #require(try JSONDecoder().decode(Golden.self, from: data).adapters[name])
    let found = probed(adapter)
    #expect(found.keys.sorted() == expected.keys.sorted())
    for (path, numbers) in expected {
      #expect(relativeError((found[path] ?? []).map(Float.init), numbers.map(Float.init)) < 1e-6, "\(path)")
    }
  }

  @Test func `factors of Conv1D are those of a linear layer, and the flag goes with them`() throws {
    let adapter = try PEFTAdapter.read(folder("conv1d"))
    try check(adapter, "conv1d")
    #expect(adapter.isFanInFanOut)
    #expect(adapter.site("h.0.attn.c_attn")?.b.rows == 24 && adapter.site("h.0.attn.c_attn")?.a.columns == 8)
    try withFolder { folder in
      try PEFTAdapter.write(adapter, to: folder)
      let copy = try PEFTAdapter.read(folder)
      #expect(copy.isFanInFanOut)
      try check(copy, "conv1d")
    }
  }

  @Test func `a head that was saved whole is left out where the caller says so`() throws {
    let adapter = try PEFTAdapter.read(folder("classifier"), leavingOut: ["classifier", "score", "other"])
    try check(adapter, "classifier")
    #expect(adapter.leftOut == ["classifier", "score"])
    for given in [[], ["classifier"]] {
      let text = try problem(in: folder("classifier")) {
        _ = try PEFTAdapter.read(folder("classifier"), leavingOut: given)
      }
      #expect(
        text == """
          adapter_config.json: error: modules_to_save is not supported: whole layers were trained beside the factors
            a merge that can do without them, as without heads, says leave_out: [classifier, score]
          """)
    }
  }

  @Test(arguments: [
    (
      "dora",
      """
      adapter_config.json: error: use_dora is not supported: DoRA rescales rows of the weight, so its change is not s·B·A
        put it into the base with PEFT's merge_and_unload and take the change with `mixology extract`
      """
    ),
    (
      "biased",
      """
      adapter_config.json: error: bias 'lora_only' is not supported: the adapter changes biases of the base
        a merge of factors would lose them; train with bias: none
      """
    ),
    (
      "embedding",
      """
      adapter_model.safetensors: error: the tensor \
      'base_model.model.embeddings.position_embeddings.lora_embedding_A' is no LoRA factor of a linear layer
        it adapts an embedding, and only linear layers are read
      """
    ),
  ])
  func `what PEFT adds to factors is refused with the reason`(name: String, expected: String) throws {
    #expect(try problem(in: folder(name)) { _ = try PEFTAdapter.read(folder(name)) } == expected)
  }

  @Test func `a pickled adapter and a convolution are refused with what to do`() throws {
    try withFolder { folder in
      try write(#"{"peft_type":"LORA","r":2}"#, to: folder + "/adapter_config.json")
      try write("", to: folder + "/adapter_model.bin")
      #expect(
        try problem(in: folder) { _ = try PEFTAdapter.read(folder) } == """
          FOLDER: error: adapter_model.bin is not read
            save the adapter with PEFT's save_pretrained(safe_serialization=True)
          """)
      let tensors = [
        NamedTensor("base_model.model.x.lora_A.weight", shape: [2, 1, 1, 3], Matrix(rows: 2, columns: 3)),
        NamedTensor("base_model.model.x.lora_B.weight", shape: [4, 2, 1, 1], Matrix(rows: 4, columns: 2)),
      ]
      try SafeTensorsWriter.write(tensors, to: folder + "/adapter_model.safetensors")
      #expect(
        try problem(in: folder) { _ = try PEFTAdapter.read(folder) } == """
          adapter_model.safetensors: layer 'x': error: lora_A [2, 1, 1, 3] and lora_B [4, 2, 1, 1] are no matrices
            a convolution, it seems; only linear layers are read
          """)
    }
  }

  @Test func `adapters of a bare encoder and of one under a head name their layers differently`() throws {
    let head = try PEFTAdapter.read(folder("classifier"), leavingOut: ["classifier", "score"])
    let bare = try PEFTAdapter.read(folder("plain"))
    try head.check(against: [
      "encoder.layer.0.attention.self.query": (32, 32), "encoder.layer.1.attention.self.query": (32, 32),
    ])
    #expect(
      try problem(in: Reference.golden("peft").path) { try Adapter.checkTogether([bare, head]) } == """
        classifier: error: 'bert.encoder.layer.0.attention.self.query' is \
        'encoder.layer.0.attention.self.query' in plain
          they were made for two classes of model; save both with one of them
        """)
  }

  @Test func `adapters that name different bases are told apart, names of one base are not`() throws {
    func named(_ base: String?, _ name: String) -> Adapter { Adapter(name: name, sites: [], baseModel: base) }
    try Adapter.checkTogether([named("hub/mini", "a"), named(nil, "b"), named("models/mini", "c")])
    #expect(
      throws: Diagnostic(
        "the adapter is for the base 'hub/large', a for 'hub/mini'", at: Place(file: "b"),
        hint:
          "where these are two names of one base, give it as base_model: the adapters are then held against it"
      )
    ) { try Adapter.checkTogether([named("hub/mini", "a"), named("hub/large", "b")]) }
  }

  @Test(arguments: [
    (#""lora_alpha": null"#, "'lora_alpha' is null, and without it the size of the change is not known"),
    (#""r": null"#, "'r' is null, and without it the size of the change is not known"),
    (#""rank_pattern": {"a": 1e300}"#, "'a' in rank_pattern must be a whole number from 1"),
  ])
  func `numbers that are none are told with the file`(member: String, what: String) throws {
    try withFolder { folder in
      let text = #"{"peft_type": "LORA", \#(member)}"#
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/adapter_config.json"))
      let told = #expect(throws: Diagnostic.self) { try PEFTAdapter.read(folder) }
      #expect(told?.what == what)
      #expect(told?.place?.file == folder + "/adapter_config.json")
    }
  }
}
