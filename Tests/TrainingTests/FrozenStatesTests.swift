import Checkpoints
import LinearAlgebra
import Models
import Specs
import Tasks
import TestSupport
import Testing
import Training

/// Blocks below the lowest adapter are computed once; what is learnt and predicted stays the same.
@Suite struct FrozenStatesTests {
  private let targets = ["layer.2.attention.self.query", "layer.2.output.dense"]

  private func workspaces(_ count: Int = 1) -> [Workspace] { (0..<count).map { _ in Workspace() } }

  @Test func `a training over kept states learns the same`() throws {
    let base = try Toy.base(layers: 3)
    var tasks = [
      Toy.training(.classification, .linear, base: base),
      Toy.training(.tagging, .labels, base: base, name: "other", seed: 1),
    ]
    var job = Toy.job(tasks, budget: .passes(2))
    job.adapter.targets = targets
    let plain = try Trainer(base: base, tasks: tasks, job: job).run()
    for i in tasks.indices {
      tasks[i].states = FrozenStates(
        base.network, below: 2, examples: tasks[i].train, workspaces: workspaces(2))
    }
    let kept = try Trainer(base: base, tasks: tasks, job: job).run()
    #expect(relativeError(kept.numbers, plain.numbers) < 1e-4)
    #expect(kept.result.tokens == plain.result.tokens)
  }

  @Test func `states of another block, or of some tasks only, are not used`() throws {
    let base = try Toy.base(layers: 3)
    var tasks = [
      Toy.training(.classification, .linear, base: base),
      Toy.training(.regression, .linear, base: base, name: "other", seed: 1),
    ]
    var job = Toy.job(tasks)
    job.adapter.targets = targets
    let plain = try Trainer(base: base, tasks: tasks, job: job).run()
    tasks[0].states = FrozenStates(base.network, below: 2, examples: tasks[0].train, workspaces: workspaces())
    #expect(try Trainer(base: base, tasks: tasks, job: job).run().numbers == plain.numbers)
    tasks[1].states = FrozenStates(base.network, below: 1, examples: tasks[1].train, workspaces: workspaces())
    #expect(try Trainer(base: base, tasks: tasks, job: job).run().numbers == plain.numbers)
  }

  @Test func `predictions over kept states are the same bits`() throws {
    let base = try Toy.base(layers: 3)
    let task = Toy.training(.regression, .labels, base: base, train: 200)
    var job = Toy.job([task])
    job.adapter.targets = targets
    let trained = try Trainer(base: base, tasks: [task], job: job).run()
    let folded = base.network.owning(trained.parameters.factors.map(\.site))
    fold(trained.parameters.factors, of: base.network, into: folded)
    let evaluator = Evaluator(network: folded, pooling: base.pooling)
    let states = FrozenStates(base.network, below: 2, examples: task.train, workspaces: workspaces())
    let plain = try evaluator.predict(task.train, head: trained.heads[0])
    #expect(try evaluator.predict(task.train, head: trained.heads[0], states: states) == plain)
    let two = FrozenStates(base.network, below: 2, examples: task.train, workspaces: workspaces(2))
    #expect(try evaluator.predict(task.train, head: trained.heads[0], states: two) == plain)
  }

  @Test func `states take four bytes a channel and token`() throws {
    let base = try Toy.base()
    let task = Toy.training(.classification, .linear, base: base, train: 10)
    let tokens = task.train.reduce(0) { $0 + $1.ids.count }
    #expect(FrozenStates.bytes(task.train, channels: 16) == tokens * 64)
  }
}
