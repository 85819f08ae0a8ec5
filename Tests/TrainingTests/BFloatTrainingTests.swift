import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Models
import Specs
import Tasks
import Testing
import Training

@Suite(.enabled(if: OneDNN.isThere, "oneDNN is not installed: bf16 is not tested"))
struct BFloatTrainingTests {
  private func train(
    _ base: BaseModel, threads: Int = 1, dropout: Double = 0, steps: Int = 150
  ) throws -> (trained: TrainedAdapter, accuracy: Double) {
    let task = Toy.training(.classification, .linear, base: base, train: 96, validation: 64)
    let workspaces = (0..<threads).map { _ in Workspace() }
    let trained = try Trainer(
      base: base, tasks: [task], job: Toy.job([task], budget: .steps(steps), dropout: dropout),
      workspaces: workspaces
    ).run()
    let adapter = trained.parameters.adapter(
      name: "adapter", alpha: 8, dropout: 0, rslora: false, targets: ["all-linear"])
    let evaluator = Evaluator(network: try base.network.folding(adapter), pooling: base.pooling)
    let predictions = try evaluator.predict(task.validation, head: trained.heads[0], workspaces: workspaces)
    return (trained, try task.task.decidingScore(predictions, task.validation.map(\.target)).1)
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
