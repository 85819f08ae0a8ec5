import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Merging
import Models
import Specs
import Tasks
import TestSupport
import Testing
import Training

@Suite(.enabled(if: OneDNN.isThere, "oneDNN is not installed: bf16 is not tested"))
struct BFloatTrainingTests {
  private func train(
    _ base: BaseModel, threads: Int = 1, dropout: Double = 0, steps: Int = 150, seed: Int = 0
  ) throws -> (trained: TrainedAdapter, adapter: Adapter, accuracy: Double) {
    let task = Toy.training(.classification, .linear, base: base, train: 96, validation: 64)
    let workspaces = (0..<threads).map { _ in Workspace() }
    let trained = try Trainer(
      base: base, tasks: [task], job: Toy.job([task], budget: .steps(steps), dropout: dropout, seed: seed),
      workspaces: workspaces
    ).run()
    let adapter = trained.parameters.adapter(
      name: "adapter", alpha: 8, dropout: 0, rslora: false, targets: ["all-linear"])
    let evaluator = Evaluator(network: try base.network.folding(adapter), pooling: base.pooling)
    let predictions = try evaluator.predict(task.validation, head: trained.heads[0], workspaces: workspaces)
    return (trained, adapter, try task.task.decidingScore(predictions, task.validation.wanted).1)
  }

  @Test(arguments: [0, 0.2])
  func `any number of threads trains the same bytes`(_ dropout: Double) throws {
    let base = try Toy.base().reading(.bfloat16)
    let one = try train(base, dropout: dropout, steps: 6)
    for threads in 2...3 {
      let several = try train(base, threads: threads, dropout: dropout, steps: 6)
      #expect(several.trained.numbers.elementsEqual(one.trained.numbers))
      #expect(several.accuracy == one.accuracy)
    }
  }

  @Test func `merges of adapters trained in bf16 are as exact as those of adapters trained in floats`() throws
  {
    let base = try Toy.base()
    let row = try MergeMethods.all.entry(named: "linear")
    let weights = [0.25, 0.75]
    /// What a merge of two changes differs by from their sum in Double.
    func error(_ base: BaseModel) throws -> Double {
      let adapters = try (0..<2).map { try train(base, steps: 8, seed: $0).adapter }
      // Factors have all bits of floats, whatever products read.
      #expect(
        adapters[0].sites.contains { site in
          site.delta.b.values.contains { FastMath.float(FastMath.bfloat($0)) != $0 }
        })
      let merged = try AdapterMerger.merge(
        adapters, weights: weights, method: row,
        parameters: Parameters([:], for: row.parameters, of: row.name), seed: 0
      ).adapter
      var (found, expected) = ([Float](), [Float]())
      for site in merged.sites {
        found += merged.lowRank(site.delta).dense.floats
        var sum = [Double](repeating: 0, count: site.delta.b.rows * site.delta.a.columns)
        for (adapter, weight) in zip(adapters, weights) {
          let delta = try #require(adapter.site(site.path))
          for at in sum.indices {
            let (i, j) = (at / delta.a.columns, at % delta.a.columns)
            let product = (0..<delta.a.rows).reduce(0.0) {
              $0 + Double(delta.b[i, $1]) * Double(delta.a[$1, j])
            }
            sum[at] += weight * adapter.scale(of: delta) * product
          }
        }
        expected += sum.map { Float($0) }
      }
      return relativeError(found, expected)
    }
    let (floats, rounded) = try (error(base), error(base.reading(.bfloat16)))
    #expect(floats < 1e-5 && rounded < 1e-5 && rounded < 4 * floats + 1e-7, "\(floats) \(rounded)")
  }

  @Test func `a task is learned in bf16 as in floats, from the same start along the same losses`() throws {
    let base = try Toy.base()
    let floats = try train(base)
    let rounded = try train(base.reading(.bfloat16))
    #expect(rounded.trained.curve.count == floats.trained.curve.count)
    for (one, other) in zip(rounded.trained.curve.prefix(5), floats.trained.curve) {
      #expect(abs(one.loss - other.loss) < 0.02, "step \(one.step): \(one.loss) and \(other.loss)")
    }
    #expect(
      floats.accuracy > 0.6 && abs(rounded.accuracy - floats.accuracy) < 0.1,
      "\(floats.accuracy) \(rounded.accuracy)")
    #expect(!rounded.trained.numbers.elementsEqual(floats.trained.numbers))
  }
}
