import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import ModelFixtures
import Models
import Outlines
import TestSupport
import Testing

/// Networks whose products are in bf16: against PyTorch with the same casts and under autocast, and against floats.
@Suite(.enabled(if: OneDNN.isThere, "oneDNN is not installed: bf16 is not tested"))
struct BFloatNetworkTests {
  @Test(arguments: NetworkTests.families)
  func `hidden states and gradients of factors are PyTorch's`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    let golden = try SafeTensorsFile(path: pico.folder.appendingPathComponent("bfloat16.safetensors").path)
    let parameters = try pico.loraParameters()
    let gradients = parameters.zeroed()
    let adapted = AdaptedNetwork(try pico.network.rounding(), factors: parameters.factors)
    adapted.update()
    let workspace = Workspace()
    let door = LoRADoor(outline: pico.network.outline, parameters: parameters, gradients: [gradients])
    let tape = adapted.network.forward(pico.batch, door: door, workspace: workspace)
    // A number that lies between two neighbours may be rounded to the other one after another order of sums.
    let casts = relativeError(tape.hidden.values, try golden.floats("casts.hidden"))
    #expect(casts < 1e-3, "\(casts)")
    let autocast = relativeError(tape.hidden.values, try golden.floats("autocast.hidden"))
    #expect(autocast < 2e-2, "\(autocast)")
    adapted.network.backward(tape, dhidden: try pico.dhidden(), door: door, workspace: workspace)
    func error(_ kind: String) throws -> Double {
      var (ours, theirs) = ([Float](), [Float]())
      for gradient in gradients.factors {
        ours += gradient.a.values + gradient.b.values
        theirs += try golden.floats("\(kind).\(gradient.site.path).lora_A.grad")
        theirs += try golden.floats("\(kind).\(gradient.site.path).lora_B.grad")
      }
      return relativeError(ours, theirs)
    }
    let errors = try (error("casts"), error("autocast"))
    #expect(errors.0 < 4e-3 && errors.1 < 4e-2, "\(errors)")
  }

  @Test(arguments: NetworkTests.families)
  func `a row has the same bits alone and among others, with a tape and without`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    let network = try pico.network.rounding()
    let together = network.hidden(pico.batch, workspace: Workspace())
    let tape = network.forward(pico.batch, door: nil, workspace: Workspace())
    #expect(together.values == tape.hidden.values)
    for row in 0..<pico.batch.rows {
      var alone = PackedBatch()
      alone.append(ids: pico.cases.rows[row].ids, types: pico.cases.rows[row].types)
      let hidden = network.hidden(alone, workspace: Workspace())
      #expect(hidden.values == together.rows(pico.batch.range(row)).values)
    }
  }

  @Test func `a change of a ten-thousandth of a weight reaches the output, folded it would drown`() throws {
    let (T, C, r) = (64, 96, 8)
    func random(_ rows: Int, _ columns: Int, _ name: String, _ deviation: Double) -> Matrix {
      var stream = RandomStream(seed: 5, "change", name)
      return Matrix(
        rows: rows, columns: columns,
        values: (0..<rows * columns).map { _ in Float(stream.normal() * deviation) })
    }
    let weight = random(C, C, "w", 0.04)
    let layer = ModelOutline.one(out: C, in: C)
    // ‖B·A‖ ÷ ‖W‖ is √r · 0.02 · b ÷ 0.04.
    let factors = LoRAFactors(
      site: layer, a: random(r, C, "a", 0.02), b: random(C, r, "b", 1e-4 * 0.04 / 0.02 / 8.0.squareRoot()),
      scale: 1)
    let change = Matrix(rows: C, columns: C)
    gemm(factors.b, factors.a, into: change)
    let zeros = [Float](repeating: 0, count: C * C)
    let share = relativeError(change.values, zeros) / relativeError(weight.values, zeros)
    #expect(share > 0.5e-4 && share < 2e-4, "\(share)")

    let workspace = Workspace()
    let x = BFloatMatrix(rounding: random(T, C, "x", 1))
    let frozen = FrozenWeight(weight, bfloats: BFloatMatrix(rounding: weight))
    func result(_ weight: FrozenWeight, _ factors: LoRAFactors?) -> [Double] {
      let y = Matrix(rows: T, columns: C)
      weight.forward(.rounded(x), into: y, workspace: workspace)
      factors?.forward(.rounded(x), addingTo: y, workspace: workspace)
      return y.values.map(Double.init)
    }
    let before = result(frozen, nil)
    // x·(B·A)ᵀ in floats.
    let exact = Matrix(rows: T, columns: C)
    gemm(x.widened(), change, into: exact, transposeB: true)
    func error(_ after: [Double]) -> Double {
      relativeError(zip(after, before).map { Float($0 - $1) }, exact.values)
    }
    let beside = error(result(frozen, factors))
    #expect(beside < 0.01, "\(beside)")
    let folded = weight.copied()
    add(change, to: folded)
    let drowned = error(result(FrozenWeight(folded, bfloats: BFloatMatrix(rounding: folded)), nil))
    #expect(drowned > 1, "\(drowned)")
    // The same for the gradient by x.
    let dy = BFloatMatrix(rounding: random(T, C, "dy", 1e-3))
    let dx = Matrix(rows: T, columns: C)
    factors.backward(.rounded(dy), addingTo: dx, workspace: workspace)
    gemm(dy.widened(), change, into: exact)
    #expect(relativeError(dx.values, exact.values) < 0.01)
  }

  @Test(arguments: NetworkTests.families)
  func `an adapter is placed beside the weights, one as wide as the layer is folded into floats`(
    _ family: String
  ) throws {
    let pico = try PicoNetwork(family)
    let base = try pico.network.rounding()
    for rank in [2, 24] {
      let parameters = LoRAParameters(
        sites: Array(pico.network.outline.layers.prefix(3)), rank: rank, scale: 0.5)
      parameters.initialise(RandomStream(seed: 1, "wide"))
      var stream = RandomStream(seed: 2, "wide")
      for factor in parameters.factors {
        factor.b.withMutableSpan { for i in 0..<$0.count { $0[i] = Float(0.1 * stream.normal()) } }
      }
      let adapter = parameters.adapter(
        name: "adapter", alpha: Double(rank) / 2, dropout: 0, rslora: false, targets: [])
      let (exact, rounded) = try (pico.network.folding(adapter), base.folding(adapter))
      let site = parameters.factors[0].site
      // Beside: the weights stay the base's own.
      let isFolded = rounded.weight(site).values != base.weight(site).values
      #expect(isFolded == (rank == 24))
      let expected = exact.hidden(pico.batch, workspace: Workspace()).values
      let unchanged = pico.network.hidden(pico.batch, workspace: Workspace()).values
      let error = relativeError(rounded.hidden(pico.batch, workspace: Workspace()).values, expected)
      #expect(error < 1e-2 && error < relativeError(unchanged, expected) / 3, "\(error)")
    }
  }

  @Test(arguments: NetworkTests.families)
  func `dropout and doors that measure see rounded inputs`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    let parameters = try pico.loraParameters()
    var results: [[Float]] = []
    for network in [pico.network, try pico.network.rounding()] {
      let gradients = parameters.zeroed()
      let door = DropoutLoRADoor(
        outline: network.outline, parameters: parameters, gradients: [gradients], rate: 0.2,
        stream: RandomStream(seed: 3, "dropout"))
      let workspace = Workspace()
      let tape = network.forward(pico.batch, door: door, workspace: workspace)
      network.backward(tape, dhidden: try pico.dhidden(), door: door, workspace: workspace)
      let grams = GramDoor(sites: network.outline.layers)
      _ = network.hidden(pico.batch, workspace: workspace, door: grams)
      results.append(gradients.storage.flat.values + (grams.sums[network.outline.layers[0]]?.values ?? []))
    }
    #expect(relativeError(results[1], results[0]) < 2e-2)
  }
}

extension ModelOutline {
  /// A layer of its own.
  fileprivate static func one(out: Int, in: Int) -> LinearLayer {
    ModelOutline(
      family: "one", blocks: 1, width: `in`, attention: `in`, heads: 1,
      limits: .init(positions: 1, vocabulary: 1), embeddings: 0, prefix: "layer",
      parts: [.init("linear", out: out, in: `in`)], passes: .init(token: 0, pair: 0),
      saved: .init(token: 0, pair: 0)
    ).layers[0]
  }
}
