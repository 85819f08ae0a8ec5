import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Models
import Specs
import Tasks
import TestSupport
import Testing
import Training

/// Trainings that go on from a merge.
@Suite struct StartTests {
  private static let merged = JobID(number: 1)

  /// What a plain training of some steps leaves.
  private func before(_ tasks: [TrainingTask], _ base: BaseModel, _ job: TrainJob) throws -> (
    trained: TrainedAdapter, adapter: Adapter
  ) {
    let trained = try Trainer(base: base, tasks: tasks, job: job).run()
    return (trained, adapter(trained, job))
  }

  private func adapter(_ trained: TrainedAdapter, _ job: TrainJob) -> Adapter {
    trained.parameters.adapter(
      name: "toy", alpha: job.adapter.alpha, dropout: 0, rslora: false, targets: job.adapter.targets)
  }

  private func next(_ job: TrainJob, earlier: [BudgetSpec] = []) -> TrainJob {
    var job = job
    job.start = TrainStart(adapter: Self.merged, heads: nil, earlier: earlier)
    return job
  }

  private func changes(_ adapter: Adapter) -> [Float] {
    adapter.sites.flatMap { adapter.lowRank($0.delta).dense.floats }
  }

  /// Mean cross-entropy of a label head over folded weights, in doubles.
  private func loss(_ task: TrainingTask, _ base: BaseModel, _ adapter: Adapter) throws -> Double {
    let workspace = Workspace()
    let head = base.labelHead(task.task, scale: 20, workspace: workspace)
    let pooled = Evaluator(network: try base.network.folding(adapter), pooling: base.pooling)
      .pooled(task.train)
    workspace.reset()
    let logits = head.forward(pooled, workspace: workspace)
    var sum = 0.0
    for (row, example) in task.train.enumerated() {
      guard case .label(let label) = example.target else { throw Diagnostic("no label") }
      let values = logits.rows(row..<row + 1).values.map { Double($0) }
      sum += log(values.reduce(0) { $0 + exp($1) }) - values[label]
    }
    return sum / Double(task.train.count)
  }

  @Test func `the first step sees the merge, and without steps nothing but it is left`() throws {
    let base = try Toy.base(layers: 2)
    let task = Toy.training(.classification, .labels, base: base)
    var job = Toy.job([task], budget: .steps(20)) { $0.labelScale = 20 }
    let (_, merged) = try before([task], base, job)
    let zero = Adapter(name: "zero", sites: [])
    let expected = try loss(task, base, merged)
    #expect(expected < 0.8 * (try loss(task, base, zero)))

    // One step over all rows; a rate of zero leaves the factors as they start.
    job.budget = .steps(1)
    job.training.batchRows = task.train.count
    job.training.learningRate = 0
    let trained = try Trainer(
      base: base, tasks: [task], job: next(job), start: StartingPoint(adapter: merged)
    ).run()
    #expect(abs(trained.curve[0].loss - expected) < 1e-5 * expected)
    let left = merged.adding(adapter(trained, job))
    #expect(changes(left) == changes(merged))
    #expect(left.sites.allSatisfy { $0.delta.rank == 8 })

    job.training.learningRate = 0.01
    job.budget = .steps(10)
    let moved = try Trainer(
      base: base, tasks: [task], job: next(job), start: StartingPoint(adapter: merged)
    ).run()
    let sum = merged.adding(adapter(moved, job))
    #expect(try loss(task, base, sum) < 0.9 * expected)
    #expect(relativeError(changes(sum), changes(merged)) > 1e-2)
  }

  @Test func `adapters beside the merge learn as those folded into it`() throws {
    let base = try Toy.base(layers: 2)
    let task = Toy.training(.classification, .labels, base: base)
    let (_, merged) = try before([task], base, Toy.job([task], budget: .steps(10)))
    let results = try [0, 1e-12].map { dropout in
      // So little dropout drops nothing, but runs beside the frozen weights.
      let job = Toy.job([task], budget: .steps(5), dropout: dropout) { $0.learningRate = 1e-3 }
      return try Trainer(
        base: base, tasks: [task], job: next(job), start: StartingPoint(adapter: merged)
      ).run()
    }
    for (one, other) in zip(results[0].curve, results[1].curve) {
      #expect(abs(one.loss - other.loss) < 1e-4 && abs(one.gradientNorm - other.gradientNorm) < 1e-3)
    }
  }

  @Test(arguments: [
    ([BudgetSpec.steps(3), .steps(2)], BudgetSpec.steps(10), 0, 2),
    ([.tokens(150), .tokens(150)], .tokens(900), 40, 1),
  ])
  func `a round reads on where the round before stopped`(
    _ earlier: [BudgetSpec], _ whole: BudgetSpec, _ batchTokens: Int, _ accumulation: Int
  ) throws {
    let base = try Toy.base()
    let tasks = [
      Toy.training(.classification, .labels, base: base, name: "a", train: 20),
      Toy.training(.classification, .labels, base: base, name: "b", train: 13, seed: 1),
    ]
    func job(_ budget: BudgetSpec) -> TrainJob {
      Toy.job(tasks, budget: budget, rule: "equal") {
        $0.learningRate = 0
        $0.batchTokens = batchTokens
        $0.batchRows = 5
        $0.accumulation = accumulation
      }
    }
    let (trained, zero) = try before(tasks, base, job(whole))
    let losses = trained.curve.map(\.loss)
    // Nothing is learned, so that a step's loss tells its rows.
    #expect(Set(losses).count > losses.count / 2)
    var steps = 0
    for round in earlier.indices {
      let now = try Trainer(
        base: base, tasks: tasks, job: next(job(earlier[round]), earlier: Array(earlier[..<round])),
        start: StartingPoint(adapter: zero)
      ).run()
      let found = now.curve.map(\.loss)
      #expect(!found.isEmpty && Array(losses[steps..<steps + found.count]) == found)
      #expect(now.result.examples == now.result.drawn.reduce(0) { $0 + $1.examples })
      steps += found.count
    }
  }

  @Test func `rounds of passes see every example once in a pass`() throws {
    let base = try Toy.base()
    let task = Toy.training(.classification, .labels, base: base, train: 20)
    let halves = [BudgetSpec.passes(0.5), .passes(0.5)]
    let job = Toy.job([task], budget: halves[0]) {
      $0.learningRate = 0
      $0.batchRows = 10
    }
    let (first, zero) = try before([task], base, job)
    let second = try Trainer(
      base: base, tasks: [task], job: next(job, earlier: [halves[0]]), start: StartingPoint(adapter: zero)
    ).run()
    var whole = job
    whole.budget = .passes(1)
    let once = try before([task], base, whole).trained
    #expect(once.curve.map(\.loss) == first.curve.map(\.loss) + second.curve.map(\.loss))
    #expect(second.result.examples == 10 && second.result.drawn[0].repeats == 0)
  }

  @Test func `linear heads are trained further, and fresh factors are others in every round`() throws {
    let base = try Toy.base()
    let tasks = [
      Toy.training(.classification, .linear, base: base, name: "a"),
      Toy.training(.tagging, .linear, base: base, name: "b", seed: 1),
    ]
    var job = Toy.job(tasks)
    let (first, merged) = try before(tasks, base, job)
    job.training.learningRate = 0
    func run(_ earlier: Int, _ heads: [TaskHead]) throws -> TrainedAdapter {
      try Trainer(
        base: base, tasks: tasks, job: next(job, earlier: Array(repeating: .steps(1), count: earlier)),
        start: StartingPoint(adapter: merged, heads: heads)
      ).run()
    }
    func numbers(_ trained: TrainedAdapter) -> [Float] {
      Array(trained.numbers.suffix(trained.numbers.count - trained.parameters.storage.count))
    }
    let (second, third) = (try run(1, first.heads.reversed()), try run(2, []))
    #expect(numbers(second) == numbers(first))
    #expect(numbers(third) != numbers(first))
    let starts = [first, second, third].map { $0.parameters.factors[0].a.values }
    #expect(starts[1] != starts[2])
    #expect(second.parameters.factors.allSatisfy { $0.b.values.allSatisfy { $0 == 0 } })
  }
}
