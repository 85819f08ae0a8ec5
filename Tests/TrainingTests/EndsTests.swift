import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Models
import Specs
import Tasks
import TestSupport
import Testing
import Training

/// Adapters that are trained together so that their mixtures are good (PaMaL).
@Suite struct EndsTests {
  private func together(
    _ tasks: [TrainingTask], _ budget: BudgetSpec, dropout: Double = 0,
    _ change: (inout TrainingSpec) -> Void = { _ in }
  ) -> TrainJob {
    var job = Toy.job(tasks, budget: budget, dropout: dropout, change)
    job.ends = EndsSpec(concentration: 1)
    return job
  }

  /// Two tasks that read the same texts in opposite ways.
  private func opposed(_ base: BaseModel, _ head: HeadKind = .labels) -> [TrainingTask] {
    let first = Toy.training(.classification, head, base: base, name: "a", train: 24)
    var second = Toy.training(.classification, head, base: base, name: "b", train: 24)
    for index in second.train.indices {
      guard case .label(let label) = second.train[index].target else { continue }
      second.train[index].target = .label(2 - label)
    }
    return [first, second]
  }

  private func end(_ trained: TrainedAdapter, _ job: TrainJob, _ end: Int, share: Double = 1) -> Adapter {
    let rank = job.adapter.rank
    return trained.parameters.adapter(
      name: "end", alpha: share * job.adapter.alpha, dropout: 0, rslora: false, targets: job.adapter.targets,
      part: end * rank..<(end + 1) * rank)
  }

  private func mixture(_ trained: TrainedAdapter, _ job: TrainJob, _ shares: [Double]) -> Adapter {
    end(trained, job, 0, share: shares[0]).adding(end(trained, job, 1, share: shares[1]))
  }

  /// The mean loss of each task at an adapter.
  private func losses(_ tasks: [TrainingTask], _ heads: [TaskHead], _ base: BaseModel, _ adapter: Adapter)
    throws -> [Double]
  {
    let weights = try base.network.folding(adapter)
    return zip(tasks, heads).map { task, head in
      Evaluator(network: weights, pooling: base.pooling).meanLoss(task.train, head: head)
    }
  }

  private func shares(step: Int) -> [Double] {
    var stream = RandomStream(seed: 0, "train", "ends", "step \(step)")
    return stream.dirichlet(1, count: 2)
  }

  /// With β₁ = β₂ = 0 and a huge ε, AdamW is gradient descent: p ← p − (rate ÷ ε)·g.
  private func descent(_ spec: inout TrainingSpec) {
    spec.beta1 = 0
    spec.beta2 = 0
    spec.epsilon = 1e6
    spec.learningRate = 1e6
    spec.weightDecay = 0
    spec.clip = 0
    spec.schedule = .constant
    spec.warmup = 0
    spec.batchRows = 48
    spec.labelScale = 20
  }

  @Test(arguments: [0, 1e-12]) func `a step goes down the gradient of the mixed loss, in every end`(
    _ dropout: Double
  ) throws {
    let base = try Toy.base(layers: 2)
    let tasks = opposed(base)
    func run(_ steps: Int) throws -> (TrainedAdapter, TrainJob) {
      let job = together(tasks, .steps(steps), dropout: dropout, descent)
      return (try Trainer(base: base, tasks: tasks, job: job).run(), job)
    }
    let ((before, job), (after, _)) = (try run(1), try run(2))
    // Before the second step both factors count.
    let alpha = shares(step: 2)
    let there = try losses(tasks, before.heads, base, mixture(before, job, alpha))
    #expect(abs(after.curve[1].loss - (alpha[0] * there[0] + alpha[1] * there[1])) < 1e-4)
    #expect(before.parameters.factors.contains { $0.b.values.contains { $0 != 0 } })

    for place in [0, 3, 7, 11] {
      for isA in [true, false] {
        func matrix(_ trained: TrainedAdapter) -> Matrix {
          let factor = trained.parameters.factors[place]
          return isA ? factor.a : factor.b
        }
        let (old, new) = (matrix(before).values, matrix(after).values)
        // The entry that moves most in each half, so that every end is looked at.
        for half in 0..<2 {
          let columns = matrix(before).columns
          let rank = job.adapter.rank
          let own = old.indices.filter { (isA ? $0 / columns : $0 % columns) / rank == half }
          let index = try #require(own.max { abs(new[$0] - old[$0]) < abs(new[$1] - old[$1]) })
          let gradient = Double(old[index] - new[index])
          let size = Float(5e-3)
          func loss(_ value: Float) throws -> Double {
            matrix(before).withMutableSpan { $0[index] = value }
            let found = try losses(tasks, before.heads, base, mixture(before, job, alpha))
            return alpha[0] * found[0] + alpha[1] * found[1]
          }
          let slope = (try loss(old[index] + size) - loss(old[index] - size)) / Double(2 * size)
          matrix(before).withMutableSpan { $0[index] = old[index] }
          #expect(
            abs(slope - gradient) < 0.03 * abs(gradient) + 1e-4,
            "\(place) \(isA) \(half): \(slope) \(gradient)")
        }
      }
    }
  }

  @Test func `each end learns its task, and what lies between is between`() throws {
    let base = try Toy.base()
    let tasks = opposed(base)
    let job = together(tasks, .steps(160)) {
      $0.learningRate = 0.02
      $0.batchRows = 16
      $0.labelScale = 20
    }
    let trained = try Trainer(base: base, tasks: tasks, job: job).run()
    let found = try [[1.0, 0], [0.5, 0.5], [0, 1]].map {
      try losses(tasks, trained.heads, base, mixture(trained, job, $0))
    }
    #expect(found[0][0] < 0.3 && found[2][1] < 0.3, "\(found)")
    #expect(found[0][0] < found[1][0] && found[1][0] < found[2][0], "\(found)")
    #expect(found[2][1] < found[1][1] && found[1][1] < found[0][1], "\(found)")
    #expect(trained.result.drawn.map(\.examples) == [160 * 8, 160 * 8])
    #expect(trained.result.trainable == trained.parameters.storage.count)
  }

  @Test(arguments: [0, 0.2]) func `the number of threads changes nothing, and validation looks at the middle`(
    _ dropout: Double
  ) throws {
    let base = try Toy.base(layers: 2)
    let tasks = opposed(base, .linear)
    let job = together(tasks, .steps(6), dropout: dropout) {
      $0.validateEvery = 3
      $0.keepBest = true
    }
    let results = try [1, 3].map { threads in
      try Trainer(
        base: base, tasks: tasks, job: job, workspaces: (0..<threads).map { _ in Workspace() }
      ).run()
    }
    #expect(results[0].numbers == results[1].numbers && results[0].curve == results[1].curve)
    #expect(results[0].curve.filter { $0.validation != nil }.count == 2)
  }

  @Test func `passes are over the data of all tasks, by turns`() throws {
    let base = try Toy.base()
    let tasks = opposed(base)
    let job = together(tasks, .passes(2)) { $0.batchRows = 7 }
    let trained = try Trainer(base: base, tasks: tasks, job: job).run()
    #expect(trained.result.drawn.map(\.examples) == [48, 48])
    #expect(trained.result.drawn.map(\.repeats) == [24, 24])
  }

  @Test(arguments: [0.1, 1, 7]) func `shares are those of a Dirichlet distribution`(_ p: Double) {
    var stream = RandomStream(seed: 0, "shares")
    let draws = (0..<20_000).map { _ in stream.dirichlet(p, count: 3) }
    #expect(draws.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-12 && $0.allSatisfy { $0 >= 0 } })
    for place in 0..<3 {
      let values = draws.map { $0[place] }
      let mean = values.reduce(0, +) / 20_000
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
      // Of three equal p: mean 1/3, variance (2/9) ÷ (3p + 1).
      #expect(abs(mean - 1.0 / 3) < 0.01)
      #expect(abs(variance * (3 * p + 1) / (2.0 / 9) - 1) < 0.05)
    }
  }
}
