import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Models
import Outlines
import Specs
import Testing
import Tokenizers
import Training

@Suite struct PretrainerTests {
  private static let corpus = (0..<40).map { index in
    ["acme sales up today", "orion shares down today", "zenith profit flat", "bank sales flat"][index % 4]
  }

  private func spec(_ change: (inout PretrainSpec) -> Void = { _ in }) -> PretrainSpec {
    var spec = PretrainSpec(
      hidden: 16, layers: 1, heads: 2, intermediate: 32, steps: 60, batchRows: 8, learningRate: 0.02)
    change(&spec)
    return spec
  }

  private func pretrainer(_ spec: PretrainSpec) throws -> Pretrainer {
    Pretrainer(spec: spec, tokenizer: try Toy.base().tokenizer, corpus: Self.corpus, positions: 12)
  }

  private func numbers(_ pretrainer: Pretrainer) -> [Float] {
    pretrainer.network.tensors.flatMap { $0.values.values }
  }

  @Test func `the loss starts at that of a guess and falls`() throws {
    let pretrainer = try pretrainer(spec())
    let (result, curve) = try pretrainer.run()
    // With weights near zero every token of the vocabulary is as likely as every other.
    let vocabulary = Double(pretrainer.network.outline.limits.vocabulary)
    #expect(abs(curve[0].loss - log(vocabulary)) < 0.1)
    #expect(result.finalLoss < 0.6 * curve[0].loss, "\(curve[0].loss) fell to \(result.finalLoss)")
    #expect(result.steps == 60)
    #expect(result.examples == 480)
    #expect(curve.map(\.step) == Array(1...60))
    #expect(curve[0].learningRate == 0)
    #expect(pretrainer.network.outline.limits.positions == 12)
  }

  @Test func `the same seed gives the same bytes and another one does not`() throws {
    let few = spec { $0.steps = 3 }
    let other = spec {
      $0.steps = 3
      $0.seed = 1
    }
    let all = try [few, few, other].map { try pretrainer($0) }
    let curves = try all.map { try $0.run().curve }
    #expect(numbers(all[0]).elementsEqual(numbers(all[1])))
    #expect(curves[0] == curves[1])
    #expect(!numbers(all[0]).elementsEqual(numbers(all[2])))
  }

  @Test func `a loss that is no number any more is reported with its step`() throws {
    let wild = try pretrainer(spec { $0.learningRate = 1e30 })
    var last = 0
    let text = complaint { _ = try wild.run { _, point in last = point.step } }
    #expect(
      text == """
        error: the pretraining loss is no number any more at step \(last + 1)
          lower base.pretrain.learning_rate
        """)
    #expect(last >= 1)
  }
}
