import Checkpoints
import LinearAlgebra
import ModelFixtures
import Models
import Outlines
import Specs
import TestSupport
import Testing
import Training

/// Ten steps of AdamW with clipping and warm-up against PyTorch, transformers and PEFT (generate_family.py).
@Suite struct CurveTests {
  @Test(arguments: PicoNetwork.families)
  func `ten steps give the golden losses, norms, rates and parameters`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    let C = pico.network.outline.width
    let parameters = try pico.loraParameters()
    let gradients = pico.zeroFactors()
    let weight = try pico.lora.matrix("head.weight").copied()
    let bias = Matrix(rows: 1, columns: 2, values: try pico.lora.floats("head.bias"))
    let head = Head.linear(weight: weight, bias: bias)
    let gradient = Head.linear(weight: Matrix(rows: 2, columns: C), bias: Matrix(rows: 1, columns: 2))
    guard case .linear(let dweight, let dbias) = gradient else { return }
    let spec = TrainingSpec(
      learningRate: 0.02, schedule: .linear, warmup: 0.2, weightDecay: 0.1, beta2: 0.99, clip: 0.5)
    let optimiser = AdamW(
      [
        (parameters.storage, gradients.storage), (weight.storage, dweight.storage),
        (bias.storage, dbias.storage),
      ], spec: spec)
    let folded = pico.network.owning(parameters.factors.map(\.site))
    let door = LoRADoor(outline: pico.network.outline, parameters: parameters, gradients: [gradients])
    let workspace = Workspace()

    for step in 0..<10 {
      optimiser.zeroGradients()
      workspace.reset()
      fold(parameters.factors, of: pico.network, into: folded)
      let tape = folded.forward(pico.batch, door: door, workspace: workspace)
      let pooled = Matrix(rows: 2, columns: C)
      Pool.forward(tape.hidden, pico.batch, .mean, into: pooled)
      let logits = head.forward(pooled, workspace: workspace)
      let dlogits = logits.copied()
      var loss = 0.0
      for (row, label) in [1, 0].enumerated() {
        loss += Loss.crossEntropy(dlogits.rows(row..<row + 1), label: label, weight: 0.5) / 2
      }
      let dpooled = head.backward(
        dlogits, features: pooled, logits: logits, gradient: gradient, workspace: workspace)
      let dhidden = workspace.zeros(rows: pico.batch.tokens, columns: C)
      for row in 0..<2 {
        Pool.backward(dpooled.rows(row..<row + 1), row: row, pico.batch, .mean, into: dhidden)
      }
      folded.backward(tape, dhidden: dhidden, door: door, workspace: workspace)
      let norm = optimiser.clip(to: spec.clip)
      let factor = LearningRate.factor(spec.schedule, progress: Double(step) / 10, warmup: spec.warmup)
      optimiser.update(learningRate: factor * spec.learningRate)

      #expect(abs(loss - pico.cases.losses[step]) < 1e-4 * pico.cases.losses[step], "loss of step \(step)")
      #expect(abs(norm - pico.cases.norms[step]) < 1e-4 * pico.cases.norms[step], "norm of step \(step)")
      #expect(abs(factor * spec.learningRate - pico.cases.rates[step]) < 1e-12, "rate of step \(step)")
    }

    for factor in parameters.factors {
      let path = factor.site.path
      #expect(
        relativeError(factor.a.values, try pico.lora.floats("\(path).lora_A.final")) < 1e-4, "\(path) A")
      #expect(
        relativeError(factor.b.values, try pico.lora.floats("\(path).lora_B.final")) < 1e-4, "\(path) B")
    }
    #expect(relativeError(weight.values, try pico.lora.floats("head.weight.final")) < 1e-4)
    #expect(relativeError(bias.values, try pico.lora.floats("head.bias.final")) < 1e-4)
  }

  @Test func `clipping leaves a small norm and gives all blocks one factor`() {
    let first = Matrix(rows: 1, columns: 2, values: [3, 0])
    let second = Matrix(rows: 1, columns: 1, values: [4])
    let optimiser = AdamW(
      [(Storage(count: 2), first.storage), (Storage(count: 1), second.storage)], spec: TrainingSpec())
    #expect(optimiser.clip(to: 0) == 5)
    #expect(optimiser.clip(to: 6) == 5)
    #expect(first.values + second.values == [3, 0, 4])
    #expect(optimiser.clip(to: 1) == 5)
    #expect(relativeError(first.values + second.values, [0.6, 0, 0.8]) < 1e-6)
    optimiser.zeroGradients()
    #expect(first.values + second.values == [0, 0, 0])
  }
}
