import Checkpoints
import LinearAlgebra
import Specs
import Tasks
import Testing
import Training

/// The number of threads changes the time of a step and nothing else.
@Suite struct ThreadsTests {
  @Test(arguments: [0.0, 0.1]) func `one, two and three threads train the same bytes`(_ dropout: Double)
    throws
  {
    let base = try Toy.base()
    let tasks = [
      Toy.training(.classification, .linear, base: base, train: 300, validation: 40),
      Toy.training(.regression, .labels, base: base, name: "other", train: 200, validation: 40, seed: 1),
    ]
    // About 1,500 tokens a batch: four parts.
    let job = Toy.job(tasks, budget: .steps(3), dropout: dropout) {
      $0.batchRows = 220
      $0.validateEvery = 1
    }
    let trained = try (1...3).map { threads in
      try Trainer(base: base, tasks: tasks, job: job, workspaces: (0..<threads).map { _ in Workspace() })
        .run()
    }
    #expect(trained[0].numbers.contains { $0 != 0 })
    for other in trained.dropFirst() {
      #expect(other.numbers == trained[0].numbers)
      #expect(other.curve == trained[0].curve)
    }
  }

  @Test func `threads predict the same in the same order`() throws {
    let base = try Toy.base()
    let task = Toy.training(.regression, .linear, base: base, train: 100)
    let trained = try Trainer(base: base, tasks: [task], job: Toy.job([task])).run()
    let evaluator = Evaluator(network: base.network, pooling: .mean, tokensPerBatch: 40)
    let one = try evaluator.predict(task.train, head: trained.heads[0])
    let three = try evaluator.predict(
      task.train, head: trained.heads[0], workspaces: (0..<3).map { _ in Workspace() })
    #expect(one == three && one.count == 100)
  }

  @Test func `a batch is split into even parts of whole rows`() {
    var shards = Shards()
    for (count, longest) in [(1, 9000), (2, 900), (32, 128), (32, 40), (100, 300), (700, 12), (3, 1000)] {
      let lengths = (0..<count).map { 1 + ($0 * 7919 + 13) % longest }
      shards.split(lengths)
      let parts = (0..<shards.count).map { shards[$0] }
      #expect(parts.flatMap { $0 }.sorted() == Array(0..<count))
      let sizes = parts.map { $0.reduce(0) { $0 + lengths[$1] } }
      let total = lengths.reduce(0, +)
      #expect(parts.count == 1 || parts.count % 2 == 0 || parts.count == count)
      #expect((parts.count == 1) == (total <= WorkLimits.partTokens || count == 1))
      #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= (lengths.max() ?? 0))
      #expect((sizes.max() ?? 0) <= WorkLimits.partTokens + (lengths.max() ?? 0))
    }
  }
}
