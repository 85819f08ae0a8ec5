import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Merging
import Recipes
import TestSupport
import Testing

/// What two checkpoints may hold besides plain linear layers.
@Suite struct AdapterExtractorInputTests {
  private let weight = "layer.0.up.weight"

  /// Numbers 1, 1, 1, … of a shape, with another first one.
  private func tensor(_ name: String, _ shape: [Int], first: Float = 1) -> NamedTensor {
    let values = Matrix(rows: 1, columns: shape.reduce(1, *))
    for i in 0..<values.count { values[0, i] = i == 0 ? first : 1 }
    return NamedTensor(name, shape: shape, values)
  }

  /// Extracts from two checkpoints with a linear layer that differs, and more; `whole` are stored as whole numbers.
  private func extracted(
    base: [NamedTensor] = [], tuned: [NamedTensor] = [], change: Float = 2, whole: [String] = []
  ) throws -> AdapterExtractor.Extraction {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    func checkpoint(_ name: String, _ tensors: [NamedTensor]) throws -> Checkpoint {
      let place = folder.appendingPathComponent(name)
      _ = try writeCheckpoint(tensors, to: place)
      let file = place.appendingPathComponent("model.safetensors")
      var data = try Data(contentsOf: file)
      for name in whole {
        let (old, new) = (#""\#(name)":{"dtype":"F32""#, #""\#(name)":{"dtype":"I32""#)
        if let range = data.range(of: Data(old.utf8)) { data.replaceSubrange(range, with: Data(new.utf8)) }
      }
      try data.write(to: file)
      return try Checkpoint(folder: place.path)
    }
    do {
      return try AdapterExtractor.extract(
        base: checkpoint("base", base + [tensor(weight, [4, 3])]),
        tuned: checkpoint("tuned", tuned + [tensor(weight, [4, 3], first: change)]), rank: 0, energy: 1)
    } catch let error as Diagnostic {
      // Without the folder, which no text can foresee.
      throw Diagnostic(
        error.what,
        at: error.place.map {
          Place(
            file: $0.file.replacingOccurrences(of: folder.path + "/", with: ""), detail: $0.detail)
        }, hint: error.hint)
    }
  }

  @Test func `buffers that only one of the models stores are no tensors of it`() throws {
    let found = try extracted(
      base: [tensor("embeddings.position_ids", [1, 5]), tensor("h.0.attn.bias", [1, 1, 2, 2])],
      tuned: [
        tensor("h.0.attn.masked_bias", []), tensor("layer.0.rotary_emb.inv_freq", [3], first: .infinity),
      ])
    #expect(found.rest.isEmpty && found.layers == ["layer.0.up"])
  }

  @Test(arguments: [
    (["a"], "lacks 'a' of the base"), (["a", "b"], "lacks 'a' and 1 more tensor of the base"),
    (["a", "b", "c"], "lacks 'a' and 2 more tensors of the base"),
  ])
  func `tensors that the fine-tuned model lacks are counted`(names: [String], text: String) {
    #expect(
      throws: Diagnostic(
        "the fine-tuned model \(text)", at: Place(file: "tuned"),
        hint: "both must be checkpoints of one architecture")
    ) { try extracted(base: names.map { tensor($0, [2]) }) }
  }

  @Test func `layers beyond the base are another architecture, heads and pooler are not`() throws {
    let heads = [
      "classifier.weight", "score.weight", "qa_outputs.bias", "cls.predictions.bias", "pooler.dense.weight",
      "classifier.0.weight",
    ].map { tensor($0, [2]) }
    #expect(try extracted(tuned: heads).rest.map(\.name) == heads.map(\.name).sorted())
    let layers = ["layer.1.up.weight", "layer.1.down.weight"].map { tensor($0, [2, 2]) }
    #expect(
      throws: Diagnostic(
        "the fine-tuned model has 'layer.1.down.weight' and 1 more tensor in layers that the base lacks",
        at: Place(file: "tuned"), hint: "both must be checkpoints of one architecture")
    ) { try extracted(tuned: heads + layers) }
    #expect(throws: Diagnostic.self) { try extracted(tuned: [tensor("layer.0.gate.weight", [2, 2])]) }
  }

  @Test(
    arguments: [
      ("tuned", "layer.0.up.weight", [4, 3]), ("tuned", "conv.weight", [2, 2, 2]),
      ("base", "norm.weight", [3]),
    ] as [(String, String, [Int])], [Float.nan, .infinity, -.infinity])
  func `NaN and infinity are refused with tensor and file`(
    broken tensor: (model: String, name: String, shape: [Int]), number: Float
  ) {
    let (model, name, shape) = tensor
    let sound = name == weight ? [] : [self.tensor(name, shape)]
    let broken = name == weight ? [] : [self.tensor(name, shape, first: number)]
    #expect(
      throws: Diagnostic(
        "the tensor holds NaN or infinity",
        at: Place(file: model + "/model.safetensors", detail: "tensor '\(name)'"),
        hint:
          "no adapter can hold what such numbers change: is it a broken copy, or a training that diverged?")
    ) {
      try extracted(
        base: model == "base" ? broken : sound, tuned: model == "base" ? sound : broken,
        change: name == weight ? number : 2)
    }
  }

  @Test func `changed tensors of any shape and type are told, unchanged ones are not`() throws {
    let shapes: [(name: String, shape: [Int])] = [
      ("conv.weight", [2, 2, 3]), ("experts.up", [3, 2, 2]), ("scale", []),
      ("table.embed.weight", [600, 500]),
    ]
    let whole = ["bits", "kept"]
    let found = try extracted(
      base: shapes.map { tensor($0.name, $0.shape) } + [tensor("kept.conv", [2, 2, 2])]
        + whole.map { tensor($0, [3]) },
      tuned: shapes.map { tensor($0.name, $0.shape, first: 4) } + [tensor("kept.conv", [2, 2, 2])]
        + [tensor("bits", [3], first: 2), tensor("kept", [3])], whole: whole)
    #expect(found.rest.map(\.name) == ["bits"] + shapes.map(\.name))
    #expect(found.rest.map(\.norm) == [nil, 3, 3, 3, 3])
  }

  @Test func `a tensor of another shape is refused with both`() {
    #expect(
      throws: Diagnostic(
        "the tensor has shape [3], in the base [2]",
        at: Place(file: "tuned/model.safetensors", detail: "tensor 'norm.weight'"),
        hint: "both must be checkpoints of one architecture, with one vocabulary")
    ) { try extracted(base: [tensor("norm.weight", [2])], tuned: [tensor("norm.weight", [3])]) }
  }
}
