import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import ModelFixtures
import Models
import Outlines
import TestSupport
import Testing

@Suite struct NetworkTests {
  static let families = PicoNetwork.families

  @Test(arguments: families)
  func `the last hidden state equals PyTorch's`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    let hidden = pico.network.hidden(pico.batch, workspace: Workspace())
    #expect(relativeError(hidden.values, try pico.gradients.floats("hidden")) < 1e-5)
  }

  @Test(arguments: families)
  func `saving a tape changes no bit of the result`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    let plain = pico.network.hidden(pico.batch, workspace: Workspace())
    let tape = pico.network.forward(pico.batch, door: nil, workspace: Workspace())
    #expect(plain.values == tape.hidden.values)
  }

  @Test(arguments: families)
  func `a row is the same alone and among others`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    let together = pico.network.hidden(pico.batch, workspace: Workspace())
    for row in 0..<pico.batch.rows {
      var alone = PackedBatch()
      alone.append(ids: pico.cases.rows[row].ids, types: pico.cases.rows[row].types)
      let hidden = pico.network.hidden(alone, workspace: Workspace())
      #expect(relativeError(hidden.values, together.rows(pico.batch.range(row)).values) < 1e-6)
    }
  }

  @Test(arguments: families)
  func `gradients of all weights equal PyTorch's`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    let workspace = Workspace()
    let gradients = pico.description.network(over: Storage(count: pico.description.floats))
    let door = FullDoor(gradients: gradients)
    let tape = pico.network.forward(pico.batch, door: door, workspace: workspace)
    pico.network.backward(
      tape, dhidden: try pico.dhidden(), door: door, gradients: gradients, workspace: workspace)
    // The gradient of a key's bias is zero in exact arithmetic; it is held against the query's size.
    // Where positions turn keys it is not.
    let query = gradients.tensors.first { $0.name.contains(/\.(query|q|q_lin)\.bias$/) }?.values
    let scale = query.map { relativeError($0.values, [Float](repeating: 0, count: $0.count)) } ?? 0
    for gradient in gradients.tensors {
      let expected = try pico.gradients.floats(gradient.name)
      if gradient.name.contains(/\.(key|k|k_lin)\.bias$/) {
        #expect(gradient.values.values.allSatisfy { abs(Double($0)) < 1e-5 * scale }, "\(gradient.name)")
      } else {
        #expect(relativeError(gradient.values.values, expected) < 2e-5, "\(gradient.name)")
      }
    }
  }

  @Test(arguments: families)
  func `gradients of LoRA factors equal PEFT's`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    let parameters = try pico.loraParameters()
    let gradients = LoRAParameters(
      sites: parameters.factors.map(\.site), rank: pico.cases.rank,
      scale: parameters.factors[0].scale)
    let folded = pico.network.owning(parameters.factors.map(\.site))
    fold(parameters.factors, of: pico.network, into: folded)
    let workspace = Workspace()
    let door = LoRADoor(outline: pico.network.outline, parameters: parameters, gradients: [gradients])
    let tape = folded.forward(pico.batch, door: door, workspace: workspace)
    #expect(relativeError(tape.hidden.values, try pico.lora.floats("hidden")) < 1e-5)
    folded.backward(tape, dhidden: try pico.dhidden(), door: door, workspace: workspace)
    for gradient in gradients.factors {
      let path = gradient.site.path
      #expect(
        relativeError(gradient.a.values, try pico.lora.floats("\(path).lora_A.grad")) < 2e-5, "\(path) A")
      #expect(
        relativeError(gradient.b.values, try pico.lora.floats("\(path).lora_B.grad")) < 2e-5, "\(path) B")
    }
  }

  @Test(arguments: families)
  func `LoRA beside the weights is LoRA folded into them where nothing is dropped`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    let parameters = try pico.loraParameters()
    func zeros() -> LoRAParameters {
      LoRAParameters(
        sites: parameters.factors.map(\.site), rank: pico.cases.rank,
        scale: parameters.factors[0].scale)
    }
    let folded = pico.network.owning(parameters.factors.map(\.site))
    fold(parameters.factors, of: pico.network, into: folded)
    var results: [(hidden: [Float], gradients: [Float])] = []
    for beside in [false, true] {
      let gradients = zeros()
      let workspace = Workspace()
      let door: any LinearDoor =
        beside
        ? DropoutLoRADoor(
          outline: pico.network.outline, parameters: parameters, gradients: [gradients], rate: 0,
          stream: RandomStream(seed: 0, "dropout"))
        : LoRADoor(outline: pico.network.outline, parameters: parameters, gradients: [gradients])
      let weights = beside ? pico.network : folded
      let tape = weights.forward(pico.batch, door: door, workspace: workspace)
      let hidden = tape.hidden.values
      weights.backward(tape, dhidden: try pico.dhidden(), door: door, workspace: workspace)
      results.append((hidden, gradients.factors.flatMap { $0.a.values + $0.b.values }))
    }
    #expect(relativeError(results[1].hidden, results[0].hidden) < 1e-5)
    #expect(relativeError(results[1].gradients, results[0].gradients) < 2e-5)
  }

  @Test func `the gradient with dropout agrees with finite differences`() throws {
    let pico = try PicoNetwork()
    let parameters = try pico.loraParameters()
    let gradients = LoRAParameters(
      sites: parameters.factors.map(\.site), rank: pico.cases.rank,
      scale: parameters.factors[0].scale)
    let factor = try pico.gradients.floats("factor")
    func loss(_ door: DropoutLoRADoor) -> Double {
      let tape = pico.network.forward(pico.batch, door: door, workspace: Workspace())
      return zip(tape.hidden.values, factor).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let door = DropoutLoRADoor(
      outline: pico.network.outline, parameters: parameters, gradients: [gradients], rate: 0.3,
      stream: RandomStream(seed: 3, "dropout"))
    let workspace = Workspace()
    let tape = pico.network.forward(pico.batch, door: door, workspace: workspace)
    pico.network.backward(tape, dhidden: try pico.dhidden(), door: door, workspace: workspace)
    for (parameter, gradient) in zip(parameters.factors, gradients.factors) {
      // Along its own gradient a matrix moves the loss by ‖gradient‖² · h.
      let direction = gradient.b.values
      let start = parameter.b.copied()
      func move(_ h: Float) -> Double {
        for i in 0..<start.count {
          parameter.b[i / start.columns, i % start.columns] = start.values[i] + h * direction[i]
        }
        return loss(door)
      }
      let norm = direction.reduce(0) { $0 + Double($1) * Double($1) }
      let h = Float(0.02 / norm.squareRoot())
      let slope = (move(h) - move(-h)) / (2 * Double(h))
      _ = move(0)
      #expect(abs(slope - norm) < 0.02 * norm, "\(parameter.site.path): \(slope) against \(norm)")
    }
  }

  @Test func `dropout drops the asked share, keeps the mean, and draws a mask for each step and layer`()
    throws
  {
    let pico = try PicoNetwork()
    let parameters = pico.zeroFactors()
    for factor in parameters.factors where factor.site.path.hasSuffix(".query") {
      factor.a.rows(0..<1).fill(1)
      factor.b[0, 0] = 1 / factor.scale
    }
    let door = DropoutLoRADoor(
      outline: pico.network.outline, parameters: parameters, gradients: [parameters], rate: 0.25,
      stream: RandomStream(seed: 0, "dropout"))
    let C = pico.network.outline.width
    let x = Matrix(rows: 400, columns: C)
    x.fill(1)
    /// Each row's sum of what is kept of its C ones.
    func sums(step: Int, layer: Int) -> [Float] {
      door.step = step
      let y = Matrix(rows: x.rows, columns: C)
      door.forward(pico.network.outline.layers[6 * layer], x: .floats(x), y: y, workspace: Workspace())
      return y.columns(0..<1).values
    }
    let first = sums(step: 1, layer: 0)
    let mean = first.reduce(0, +) / Float(400 * C)
    // 9600 draws: the mean's own deviation is 0.006.
    #expect(abs(mean - 1) < 0.025)
    let variance = first.reduce(0) { $0 + ($1 - Float(C)) * ($1 - Float(C)) } / Float(400 * C)
    #expect(abs(variance - 1.0 / 3) < 0.07, "q ÷ (1 − q) for a share q that is dropped")
    #expect(sums(step: 1, layer: 0) == first)
    #expect(sums(step: 2, layer: 0) != first)
    #expect(sums(step: 1, layer: 1) != first)
  }

  @Test func `far distances share a bucket, and a padding token within a text counts as no position`() throws
  {
    struct More: Decodable {
      struct Rows: Decodable {
        let long: [Int32]
        let padded: [Int32]
      }
      let more: Rows
    }
    let pico = try PicoNetwork("mpnet")
    let file = pico.folder.appendingPathComponent("cases.json")
    let rows = try JSONDecoder().decode(More.self, from: Data(contentsOf: file)).more
    let golden = try SafeTensorsFile(path: pico.folder.appendingPathComponent("more.safetensors").path)
    func batch(_ ids: [Int32]) -> PackedBatch {
      var batch = PackedBatch()
      batch.append(ids: ids, types: ids.map { _ in 0 })
      return batch
    }
    let padded = pico.network.hidden(batch(rows.padded), workspace: Workspace())
    #expect(relativeError(padded.values, try golden.floats("padded.hidden")) < 1e-5)

    let gradients = pico.description.network(over: Storage(count: pico.description.floats))
    let door = FullDoor(gradients: gradients)
    let workspace = Workspace()
    let tape = pico.network.forward(batch(rows.long), door: door, workspace: workspace)
    #expect(relativeError(tape.hidden.values, try golden.floats("long.hidden")) < 1e-5)
    let factor = try pico.dhidden()
    let dhidden = Matrix(rows: rows.long.count, columns: factor.columns)
    for t in 0..<rows.long.count {
      dhidden.rows(t..<t + 1).copy(from: factor.rows(t % factor.rows..<t % factor.rows + 1))
    }
    pico.network.backward(tape, dhidden: dhidden, door: door, gradients: gradients, workspace: workspace)
    let biases = try #require(gradients.tensors.first { $0.name.contains("relative_attention_bias") }).values
    #expect(relativeError(biases.values, try golden.floats("long.relative_attention_bias")) < 2e-5)
  }
}
