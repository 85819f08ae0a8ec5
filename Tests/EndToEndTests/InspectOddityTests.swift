import Adapters
import Checkpoints
import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// What `inspect` shows of models that merging refuses, that are broken, or that cannot be trained with here.
@Suite struct InspectOddityTests {
  private func inspect(_ path: String, _ more: String..., in place: Workplace) throws -> [String] {
    let outcome = try Program.start(["inspect", path] + more, in: place.folder).outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output.split(separator: "\n").map(String.init)
  }

  private func ones(_ rows: Int, _ columns: Int, first: Float = 1) -> Matrix {
    var values = [Float](repeating: 1, count: rows * columns)
    values[0] = first
    return Matrix(rows: rows, columns: columns, values: values)
  }

  /// Two layers of rank one, `y` with another first number.
  private func adapter(_ first: Float = 1) -> Adapter {
    Adapter(
      name: "made",
      sites: [
        ("x", AdapterSite(a: ones(1, 4), b: ones(4, 1), alpha: 1)),
        ("y", AdapterSite(a: ones(1, 4), b: ones(4, 1, first: first), alpha: 1)),
      ])
  }

  @Test(arguments: [Float.nan, .infinity])
  func `numbers that are not finite are seen in adapters, files and checkpoints`(number: Float) throws {
    let place = try Workplace()
    try PEFTAdapter.write(adapter(number), to: place.folder.path + "/a")
    let lines = try inspect("a", in: place)
    #expect(lines.contains("broken      NaN or infinity in y: merging refuses it"))
    #expect(
      lines.suffix(2) == ["  x  (4, 4) rank 1  ‖ΔW‖ 4.000000", "  y  (4, 4) rank 1  ‖ΔW‖ is not finite"])
    let file = try inspect("a/adapter_model.safetensors", "--tensors", in: place)
    #expect(file.filter { $0.hasSuffix(", 1 NaN or infinite") }.count == 1)
    #expect(file.contains { $0.contains("y.lora_B") && $0.hasSuffix("[4, 1], 16 bytes, 1 NaN or infinite") })
    try place.write(#"{"model_type": "strange"}"#, to: "m/config.json")
    try SafeTensorsWriter.write(
      [NamedTensor("t", ones(2, 2, first: number)), NamedTensor("u", ones(2, 2))],
      to: place.folder.path + "/m/model.safetensors")
    #expect(
      try inspect("m", "--tensors", in: place).suffix(2) == [
        "  t  F32  [2, 2], 16 bytes, 1 NaN or infinite", "  u  F32  [2, 2], 16 bytes",
      ])
  }

  @Test func `a model that is only merged shows what of it cannot be trained with`() throws {
    let place = try Workplace()
    try place.write(#"{"model_type": "gpt2", "n_embd": 4}"#, to: "m/config.json")
    try place.write(#"{"model": {"type": "WordLevel", "vocab": {}}}"#, to: "m/tokenizer.json")
    try place.write(#"{"pooling_mode_max_tokens": true}"#, to: "m/1_Pooling/config.json")
    try SafeTensorsWriter.write(
      [NamedTensor("t", ones(2, 2))], to: place.folder.path + "/m/model.safetensors")
    let lines = try inspect("m", in: place)
    let none = "not one that can be trained with here:"
    #expect(
      lines == [
        "kind        checkpoint", "folder      m", "family      gpt2",
        "sizes       not read: model_type 'gpt2' is not supported", "parameters  4", "dtypes      F32: 1",
        "files       model.safetensors",
        "pooling     \(none) pooling by pooling_mode_max_tokens is not supported",
        "tokenizer   \(none) 'WordLevel' is not supported",
        "as a base   no: model_type 'gpt2' is not supported; pooling by pooling_mode_max_tokens is not supported; "
          + "key 'model.type': 'WordLevel' is not supported",
      ])
  }

  @Test(arguments: [
    (
      "classifier",
      ["modules_to_save          classifier, score"],
      "modules_to_save is not supported: whole layers were trained beside the factors",
      "a merge that can do without them, as without heads, says leave_out: [classifier, score]"
    ),
    (
      "dora", ["use_dora                 true"],
      "use_dora is not supported: DoRA rescales rows of the weight, so its change is not s·B·A",
      "put it into the base with PEFT's merge_and_unload and take the change with `mixology extract`"
    ),
    (
      "biased", ["bias                     lora_only"],
      "bias 'lora_only' is not supported: the adapter changes biases of the base",
      "a merge of factors would lose them; train with bias: none"
    ),
    (
      "embedding", ["r                        2"],
      "the tensor 'base_model.model.embeddings.position_embeddings.lora_embedding_A' is no LoRA factor of a "
        + "linear layer",
      "it adapts an embedding, and only linear layers are read"
    ),
  ])
  func `an adapter that merging refuses is shown, with the reason`(
    name: String, facts: [String], reason: String, hint: String
  ) throws {
    let place = try Workplace()
    let folder = Reference.golden("peft/\(name)").path
    let lines = try inspect(folder, "--tensors", in: place)
    #expect(lines.first == "kind                     PEFT adapter (LORA)")
    for line in facts { #expect(lines.contains(line)) }
    let refusal = try #require(lines.firstIndex(of: "merging                  refuses it: \(reason)"))
    #expect(lines[refusal + 1] == String(repeating: " ", count: 25) + hint)
    #expect(
      !lines.contains { line in
        [" null", " false", " true"].contains { line.hasSuffix($0) } && !line.hasPrefix("use_")
      })
    let file = try SafeTensorsFile(path: folder + "/adapter_model.safetensors")
    for tensor in file.names {
      let shape = try file.entry(tensor).shape
      #expect(lines.contains { $0.hasPrefix("  \(tensor) ") && $0.contains("F32  \(shape), ") })
    }
  }

  @Test func `an adapter that cannot be read at all is still an error`() throws {
    let place = try Workplace()
    try place.write("{", to: "a/adapter_config.json")
    let outcome = try Program.run("inspect", "a", in: place.folder)
    #expect(outcome.status == 2 && outcome.errors.hasPrefix("a/adapter_config.json:2:1: error: "))
  }

  @Test func `a routed model, with what decides among its parts`() throws {
    let place = try Workplace()
    var half = BitMask(rows: 4, columns: 4)
    for entry in 0..<8 { half[entry] = true }
    let masked = RoutedModel.Part(name: "two", tasks: ["news", "names"], masks: [("x", half)], scale: 0.5)
    let own = RoutedModel.Part(
      name: "one", tasks: ["one"], change: adapter(),
      correction: RoutedModel.Correction(down: ones(3, 4), up: ones(4, 3)))
    let gates: [(RoutedModel.Gate, String)] = [
      (.task, "by task: the part of a named task is put into the weights"),
      (
        .text(
          TextGate(
            readsUnified: true,
            rule: .neighbours(
              index: ones(6, 4), owners: [0, 0, 0, 1, 1, 1], neighbours: 3, experts: 1, together: false))),
        "by text: 1 part by vote of the 3 nearest of 6 known texts, as the base with what all share sees them"
      ),
      (
        .text(
          TextGate(readsUnified: false, rule: .linear(weight: ones(4, 2), bias: ones(1, 2), experts: 2))),
        "by text: 2 parts by a linear gate on what the base makes of it"
      ),
      (
        .token(
          TokenGate(
            measure: .magnitude, temperature: 0.5, experts: 9, width: 1, directions: [("x", ones(1, 4))])),
        "by token: at every layer 2 parts by the length of the projection on 1 direction of its own, "
          + "temperature 0.5"
      ),
    ]
    for (number, (gate, text)) in gates.enumerated() {
      let model = RoutedModel(
        method: "made", unified: adapter(), full: [("z", ones(2, 3))], parts: [own, masked], gate: gate)
      _ = try RoutedFile.write(model, to: place.folder.path + "/r\(number)")
      let lines = try inspect("r\(number)", in: place)
      #expect(
        lines.prefix(6) == [
          "kind    routed model", "method  made", "parts   2", "served  \(text)",
          "shared  2 layers, rank up to 1, 16 numbers", "shared  1 full layer, 6 numbers",
        ])
      #expect(lines.contains { $0.hasPrefix("files   routed.json ") && $0.hasSuffix(", masks.bin 2 bytes") })
      #expect(
        lines.suffix(2) == [
          "  one  2 layers, rank up to 1, 16 numbers; a correction of pooled vectors of rank 3",
          "  two  1 mask of what all share, 0.5000 set, times 0.5000; tasks news, names",
        ])
    }
  }
}
