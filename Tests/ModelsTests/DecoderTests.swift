import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import ModelFixtures
import Models
import Outlines
import TestSupport
import Testing

/// What decoders have and encoders have not; that their passes are PyTorch's, the tests of all families say.
@Suite struct DecoderTests {
  static let families = ["llama", "mistral", "qwen2"]

  private func batch(_ rows: [Int32]...) -> PackedBatch {
    var batch = PackedBatch()
    for ids in rows { batch.append(ids: ids, types: ids.map { _ in 0 }) }
    return batch
  }

  @Test(arguments: families) func `logits are those of transformers`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    let hidden = pico.network.hidden(pico.batch, workspace: Workspace())
    let head = try #require(pico.network.unembedding)
    let logits = Matrix(rows: hidden.rows, columns: head.floats.rows)
    head.forward(.floats(hidden), into: logits, workspace: Workspace())
    let golden = try pico.gradients.floats("logits")
    let largest = golden.map(\.magnitude).max() ?? 0
    for (ours, theirs) in zip(logits.values, golden) { #expect(abs(ours - theirs) < 1e-5 * largest) }
  }

  @Test(arguments: families)
  func `long rows, whose queries are taken some at a time, are those of transformers`(_ family: String) throws
  {
    struct More: Decodable {
      struct Rows: Decodable { let long: [Int32] }
      let more: Rows
    }
    let pico = try PicoNetwork(family)
    let file = pico.folder.appendingPathComponent("cases.json")
    let long = try JSONDecoder().decode(More.self, from: Data(contentsOf: file)).more.long
    let golden = try SafeTensorsFile(path: pico.folder.appendingPathComponent("more.safetensors").path)
    let factor = try pico.dhidden()
    let gradients = pico.description.network(over: Storage(count: pico.description.floats))
    let door = FullDoor(gradients: gradients)
    let workspace = Workspace()
    // Between two others, so that places in a row are not places in the batch.
    let batch = batch([5, 3, 1], long, [7])
    let tape = pico.network.forward(batch, door: door, workspace: workspace)
    #expect(relativeError(tape.hidden.rows(batch.range(1)).values, try golden.floats("long.hidden")) < 1e-5)
    let dhidden = Matrix(rows: batch.tokens, columns: factor.columns)
    dhidden.fill(0)
    for t in 0..<long.count {
      dhidden.rows(t + 3..<t + 4).copy(from: factor.rows(t % factor.rows..<t % factor.rows + 1))
    }
    pico.network.backward(tape, dhidden: dhidden, door: door, gradients: gradients, workspace: workspace)
    for name in golden.names where name.hasSuffix("proj.weight") {
      let ours = try #require(gradients.tensors.first { "long." + $0.name == name }).values
      #expect(relativeError(ours.values, try golden.floats(name)) < 2e-5, "\(name)")
    }
  }

  @Test(arguments: families) func `no token sees a later one, nor one before its window`(_ family: String)
    throws
  {
    let pico = try PicoNetwork(family)
    let ids: [Int32] = (0..<150).map { Int32(3 + $0 * $0 % 31) }
    var changed = ids
    changed[140] = 2
    let (one, other) = (
      pico.network.hidden(batch(ids), workspace: Workspace()),
      pico.network.hidden(batch(changed), workspace: Workspace())
    )
    #expect(one.rows(0..<140).values == other.rows(0..<140).values)
    #expect(one.rows(140..<141).values != other.rows(140..<141).values)
    // Two blocks of five tokens each reach nine tokens far.
    let isFar = one.rows(149..<150).values == other.rows(149..<150).values
    #expect(isFar == (family == "mistral"))
  }

  @Test func `frequencies are those of transformers`() throws {
    struct Golden: Decodable {
      struct Case: Decodable {
        let theta: Double
        let channels: Int
        let config: [String: Value]
        let frequencies: [Float]
      }
      enum Value: Decodable {
        case text(String)
        case number(Double)
        init(from decoder: any Decoder) throws {
          let value = try decoder.singleValueContainer()
          self = try (try? .number(value.decode(Double.self))) ?? .text(value.decode(String.self))
        }
        var json: JSON {
          switch self {
          case .text(let text): .text(text)
          case .number(let number): JSON(number)
          }
        }
      }
      let cases: [Case]
    }
    let golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Reference.golden("models/rotary.json")))
    for row in golden.cases {
      var frequencies = RotaryPositions.frequencies(base: row.theta, channels: row.channels)
      guard case .text(let word) = row.config["rope_type"],
        let scaling = RotaryScalings.all.entries.first(where: { $0.name == word })
      else {
        Issue.record("no scaling for \(row.config)")
        continue
      }
      let settings = scaling.settings.map { row.config[$0]?.json.number ?? 0 }
      frequencies = scaling.scale(frequencies, settings)
      for (ours, theirs) in zip(frequencies, row.frequencies) {
        #expect(abs(ours - theirs) <= 3e-7 * theirs, "\(word)")
      }
    }
    #expect(
      Set(golden.cases.compactMap { $0.config["rope_type"]?.json.text }) == Set(RotaryScalings.all.names))
  }

  @Test func `old and new words of a configuration are one model`() throws {
    let golden = Reference.golden("models/llama/model/config.json")
    let new = try String(contentsOf: golden, encoding: .utf8)
    let scaled = new.replacing(
      /"rope_parameters": \{[^}]*\}/,
      with: #"""
        "rope_parameters": {"rope_theta": 500.0, "rope_type": "linear", "factor": 4.0}
        """#)
    let old = new.replacing(
      /"rope_parameters": \{[^}]*\}/,
      with: #""rope_theta": 500.0, "rope_scaling": {"type": "linear", "factor": 4.0}"#)
    var read: [[String: JSON]] = []
    for text in [scaled, old] {
      try withFolder { folder in
        try write(text, to: folder + "/config.json")
        let description = try NetworkFamilies.describe(folder: folder)
        #expect(description.unsupported == [])
        read.append(description.configuration)
      }
    }
    #expect(read[0] == read[1])
  }

  @Test(arguments: [
    (
      #""rope_theta": 10000.0"#, #""rope_theta": -1"#, "'rope_parameters.rope_theta' must be a number above 0"
    ),
    (#""rope_type": "default""#, #""rope_type": "llama3""#, "'rope_parameters.factor' is missing"),
    (#""rope_type": "default""#, #""rope_type": "yarn""#, "rope_type 'yarn' is not supported"),
    (
      #""num_key_value_heads": 2"#, #""num_key_value_heads": 3"#,
      "'num_attention_heads' 4 does not divide by 'num_key_value_heads' 3"
    ),
    (#""head_dim": 8"#, #""head_dim": 7"#, "'head_dim' must be an even number from 2, not 7"),
    (#""hidden_act": "silu""#, #""hidden_act": "xielu""#, "hidden_act 'xielu' is not supported"),
  ])
  func `a configuration that is not read rightly is refused`(old: String, new: String, told: String) throws {
    try withFolder { folder in
      let golden = Reference.golden("models/llama/model/config.json")
      let text = try String(contentsOf: golden, encoding: .utf8)
      #expect(text.contains(old))
      try write(text.replacing(old, with: new), to: folder + "/config.json")
      do throws(Diagnostic) {
        #expect(try NetworkFamilies.describe(folder: folder).unsupported.first?.what == told)
      } catch {
        #expect(error.what == told)
      }
    }
  }

  @Test func `a bare decoder and one with its head open alike`() throws {
    try withFolder { folder in
      let golden = Reference.golden("models/qwen2/model")
      try FileManager.default.copyItem(
        atPath: golden.appendingPathComponent("config.json").path, toPath: folder + "/config.json")
      let pico = try PicoNetwork("qwen2")
      try SafeTensorsWriter.write(
        pico.network.tensors.map {
          NamedTensor(String($0.name.dropFirst("model.".count)), shape: $0.shape, $0.values)
        }, to: folder + "/model.safetensors")
      let bare = try NetworkFamilies.open(folder: folder)
      #expect(bare.tensors.map(\.name) == pico.network.tensors.map(\.name))
      #expect(
        bare.hidden(pico.batch, workspace: Workspace()).values
          == pico.network.hidden(pico.batch, workspace: Workspace()).values)
    }
  }
}
