import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import ModelFixtures
import Models
import Outlines
import TestSupport
import Testing

@Suite struct FamilyTests {
  private let minimal = """
    {"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
     "intermediate_size": 16, "max_position_embeddings": 12, "vocab_size": 30}
    """

  @Test func `every family has golden numbers, and targets where adapters sit if nobody says it`() throws {
    for name in NetworkFamilies.all.names {
      let owed = PicoNetwork.owed(name)
      if owed.isEmpty { continue }
      Issue.record("the family '\(name)' owes\n- \(owed.joined(separator: "\n- "))")
    }
    for family in PicoNetwork.families {
      let outline = try PicoNetwork(family).network.outline
      #expect(outline.family == family)
      #expect(try outline.chosen(by: LayerTargets(outline.usualTargets)).count == 2 * outline.blocks)
    }
  }

  @Test func `sizes are those of the file`() throws {
    try withFolder { folder in
      try write(minimal, to: folder + "/config.json")
      let read = try NetworkFamilies.describe(folder: folder)
      #expect(read.outline.limits == .init(positions: 12, vocabulary: 30, types: 2))
      #expect(read.outline.blocks == 1 && read.outline.width == 8 && read.outline.feedForward == 16)
    }
  }

  @Test(arguments: PicoNetwork.families) func `what a family writes it reads`(_ family: String)
    throws
  {
    try withFolder { folder in
      let golden = try PicoNetwork(family).description
      try JSONFile.write(JSON(golden.configuration), to: folder + "/config.json")
      let again = try NetworkFamilies.describe(folder: folder)
      #expect(again.outline == golden.outline && again.tensors == golden.tensors)
      #expect(again.configuration == golden.configuration && again.unsupported == [])
    }
  }

  @Test func `a checkpoint of transformers opens with all its tensors`() throws {
    let folder = Reference.golden("peft/base").path
    let description = try NetworkFamilies.describe(folder: folder)
    #expect(description.outline.width == 32 && description.outline.blocks == 2)
    let network = try NetworkFamilies.open(folder: folder)
    #expect(network.tensors.map(\.name).sorted() == description.tensors.map(\.name).sorted())
  }

  @Test func `names that a head puts before the model's are the model's`() throws {
    try withFolder { folder in
      try write(minimal, to: folder + "/config.json")
      let matrix = Matrix(rows: 1, columns: 2)
      try SafeTensorsWriter.write(
        [NamedTensor("bert.x", matrix), NamedTensor("y", matrix)],
        to: folder + "/model.safetensors")
      #expect(try NetworkFamilies.checkpoint(folder: folder).names == ["x", "y"])
    }
  }

  @Test func `a family that is not known is refused with the known ones`() throws {
    try withFolder { folder in
      try write(#"{"model_type": "none_such"}"#, to: folder + "/config.json")
      #expect(
        try problem(in: folder) { _ = try NetworkFamilies.describe(folder: folder) } == """
          config.json: error: model_type 'none_such' is not supported
            supported: \(NetworkFamilies.all.names.joined(separator: ", "))
          """)
    }
  }

  @Test(arguments: [
    ("\"hidden_size\": 8,", "", "config.json: error: 'hidden_size' is missing"),
    (
      "\"hidden_size\": 8", "\"hidden_size\": \"8\"",
      "config.json: error: 'hidden_size' must be a whole number from 1, not a string"
    ),
    (
      "\"hidden_size\": 8", "\"hidden_size\": 9",
      "config.json: error: 'hidden_size' 9 does not divide by 'num_attention_heads' 2"
    ),
    ("30}", "30", "config.json:2:74: error: not valid JSON: expected ',' or '}'"),
    ("30}", "30, \"vocab_size\": 31}", "config.json:2:76: error: not valid JSON: 'vocab_size' stands twice"),
  ])
  func `a broken configuration is refused with file and key`(old: String, new: String, expected: String)
    throws
  {
    try withFolder { folder in
      try write(minimal.replacingOccurrences(of: old, with: new), to: folder + "/config.json")
      #expect(try problem(in: folder) { _ = try NetworkFamilies.describe(folder: folder) } == expected)
    }
  }

  @Test(arguments: [
    (
      "bert", "\"layer_norm_eps\": -1",
      "config.json: error: 'layer_norm_eps' must be a number from 0, not -1.0"
    ),
    (
      "mpnet", "\"layer_norm_eps\": -1",
      "config.json: error: 'layer_norm_eps' must be a number from 0, not -1.0"
    ),
    (
      "distilbert", "\"num_attention_heads\": 2",
      """
      config.json: error: 'n_heads' and 'num_attention_heads' are two words for one size, and differ
        keep 'n_heads', as the weights have it
      """
    ),
  ])
  func `settings that no model of the family has are refused`(family: String, added: String, told: String)
    throws
  {
    try withFolder { folder in
      let golden = Reference.golden("models/\(family)/model/config.json")
      var text = try String(contentsOf: golden, encoding: .utf8)
      text = text.replacing(/"layer_norm_eps": [^,]*,/, with: "").replacing(
        "{\n", with: "{ \(added),\n", maxReplacements: 1)
      try write(text, to: folder + "/config.json")
      let problem = try problem(in: folder) { _ = try NetworkFamilies.describe(folder: folder) }
      #expect(problem?.hasPrefix(String(told.prefix(60))) == true, "\(problem ?? "nothing")")
    }
  }

  @Test func `DistilBERT's sizes may be in BERT's words`() throws {
    try withFolder { folder in
      let golden = Reference.golden("models/distilbert/model/config.json")
      let text = try String(contentsOf: golden, encoding: .utf8)
      try write(
        text.replacing("\"dim\"", with: "\"hidden_size\"").replacing(
          "\"n_layers\"", with: "\"num_hidden_layers\""),
        to: folder + "/config.json")
      #expect(
        try NetworkFamilies.describe(folder: folder).outline == PicoNetwork("distilbert").network.outline)
    }
  }
}
