import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Merging
import ModelFixtures
import Models
import Outlines
import Specs
import TestSupport
import Testing

@Suite struct ArrowTests {
  @Test(arguments: [("all", 0, 1.0), ("two", 2, 0.5), ("one", 1, 1)])
  func `hidden states are those of PEFT's Arrow`(setting: String, most: Int, temperature: Double) throws {
    let bert = try PicoNetwork()
    let folder = Reference.golden("routing")
    let experts = try (0..<3).map { number in
      RoutedExpert(
        name: "\(number)", tasks: ["\(number)"],
        adapter: try PEFTAdapter.read(folder.appendingPathComponent("arrow/\(number)").path), weight: 1)
    }
    let method = try MergeMethods.all.entry(named: "arrow")
    let parameters = try Parameters(
      ["top_k": .number(Double(most)), "temperature": .number(temperature)], for: method.parameters,
      of: "arrow")
    let routing = try #require(RoutedMerger.routing(method, parameters))
    let model = try RoutedMerger.model(of: experts, by: routing, method: "arrow").model
    guard case .token(let gate) = model.gate else {
      Issue.record("arrow has no gate of tokens")
      return
    }
    let door = GatedDoor(
      try GatedFactors(model, outline: bert.network.outline), gates: .tokens(gate), batch: bert.batch)
    let hidden = bert.network.hidden(bert.batch, workspace: Workspace(), door: door)
    let golden = try SafeTensorsFile(path: folder.appendingPathComponent("arrow.safetensors").path)
    let error = relativeError(hidden.values, try golden.floats(setting))
    // Two blocks in floats against doubles: every choice of a gate carries the rounding below it on.
    #expect(error < 2e-5, "\(error)")
    let plain = bert.network.hidden(bert.batch, workspace: Workspace())
    #expect(relativeError(plain.values, try golden.floats(setting)) > 0.05)
  }

  @Test func `who decides among parts is called the same by merges, plans and tables`() {
    #expect(ServedBy.task.rawValue == Serving.taskKnown)
    #expect(ServedBy.text.rawValue == Serving.routedByText)
    #expect(ServedBy.token.rawValue == Serving.routedByToken)
  }
}
