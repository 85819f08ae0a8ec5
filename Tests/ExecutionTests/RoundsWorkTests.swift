import Adapters
import Basics
import Checkpoints
import Execution
import Foundation
import LinearAlgebra
import Models
import Specs
import Tasks
import TestSupport
import Testing
import Training

/// Rounds of training and merging as jobs over a tiny base of two blocks.
@Suite struct RoundsWorkTests {
  private let scratch: Scratch
  private let performer: JobPerformer
  private let pretrained: JobID
  private let tasks: [TaskSpec]

  init() throws {
    scratch = try Scratch()
    performer = JobPerformer(store: scratch.store)
    pretrained = try performer.done(
      .pretrain(
        PretrainSpec(
          hidden: 32, layers: 2, heads: 2, intermediate: 64, sentences: 120, steps: 4, batchRows: 8)))
    tasks = try ["sentiment", "topic"].map { form in
      var task = try #require(GeneratedSuite.template(form))
      task.source = .generated(GeneratorSpec(form: form, rows: ["train": 50, "validation": 5, "test": 5]))
      task.head = form == "topic" ? .linear : .labels
      return task
    }
  }

  private func training(_ task: Int, _ start: TrainStart? = nil, rate: Double = 0.01) -> TrainJob {
    TrainJob(
      base: .pretrained(pretrained), tasks: [tasks[task]], sampling: SamplingSpec(), budget: .steps(6),
      adapter: AdapterSpec(rank: 3, alpha: 5, targets: ["all-linear"]),
      training: TrainingSpec(learningRate: rate, batchRows: 8, maxTokens: 32), seed: 0, start: start)
  }

  private func average(_ inputs: [JobID], rank: Double = 0) throws -> JobID {
    try performer.done(
      .merge(
        MergeJob(
          method: "linear", parameters: ["rank": .number(rank)], inputs: inputs, weights: [1, 1], seed: 0)))
  }

  private func adapter(_ id: JobID) throws -> Adapter {
    try PEFTAdapter.read(scratch.store.folder(id).appendingPathComponent("adapter").path)
  }

  private func changes(_ id: JobID) throws -> [Float] {
    let adapter = try adapter(id)
    return adapter.sites.flatMap { adapter.lowRank($0.delta).dense.floats }
  }

  @Test func `models trained together are adapters of their own, and the centre is their average`() throws {
    var job = training(0)
    job.tasks = tasks
    job.ends = EndsSpec(concentration: 1)
    let trained = try performer.done(.train(job))
    func mixture(_ shares: [Double]) throws -> JobID {
      try performer.done(
        .merge(
          MergeJob(
            method: "linear", parameters: ["rank": .number(0)], inputs: [trained, trained], weights: shares,
            seed: 0, ends: [0, 1])))
    }
    let ends = try [0, 1].map { end in
      let adapter = try PEFTAdapter.read(
        scratch.store.folder(trained).appendingPathComponent("end-\(end)").path)
      #expect(adapter.sites.allSatisfy { $0.delta.rank == 3 && $0.delta.alpha == 5 })
      return adapter.sites.flatMap { adapter.lowRank($0.delta).dense.floats }
    }
    #expect(relativeError(ends[0], ends[1]) > 0.1)
    for (end, shares) in [[1.0, 0], [0, 1]].enumerated() {
      #expect(relativeError(try changes(try mixture(shares)), ends[end]) < 1e-6)
    }
    let quarter = zip(ends[0], ends[1]).map { 0.75 * $0 + 0.25 * $1 }
    #expect(relativeError(try changes(try mixture([0.75, 0.25])), quarter) < 1e-6)
    #expect(relativeError(try changes(trained), try changes(try mixture([1, 1]))) < 1e-6)
    let head = try HeadFile.read(scratch.store.folder(trained), task: tasks[1])
    #expect(head.task.name == tasks[1].name)
  }

  @Test func `a round begins at the merge and ends in an adapter over the base`() throws {
    let singles = try [0, 1].map { try performer.done(.train(training($0))) }
    let merged = try average(singles)
    func next(_ task: Int, rate: Double) throws -> JobID {
      let start = TrainStart(adapter: merged, heads: task == 1 ? singles[1] : nil, earlier: [.steps(6)])
      return try performer.done(.train(training(task, start, rate: rate)))
    }
    // Nothing learned: the merge itself, with the head of the round before.
    let still = try next(1, rate: 0)
    #expect(relativeError(try changes(still), try changes(merged)) < 1e-6)
    let heads = try [singles[1], still].map { try HeadFile.read(scratch.store.folder($0), task: tasks[1]) }
    guard case .linear(let before, _) = heads[0].head, case .linear(let after, _) = heads[1].head else {
      throw Diagnostic("no linear heads")
    }
    #expect(before.values == after.values)

    // The base with the round's adapter is the base with the merge, and then with what the round brought.
    let rounds = try [0, 1].map { try next($0, rate: 0.01) }
    let base = try BaseFolder.open(scratch.store.folder(pretrained).appendingPathComponent("model").path)
    let (whole, start) = (try adapter(rounds[0]), try adapter(merged))
    #expect(whole.sites.map(\.path) == start.sites.map(\.path))
    #expect(relativeError(try changes(rounds[0]), try changes(merged)) > 1e-2)
    _ = try base.network.folding(whole)
    for ((_, site), (_, below)) in zip(whole.sites, start.sites) {
      #expect(site.rank == below.rank + 3 && below.rank <= 6 && whole.scale(of: site) == 1)
      #expect(site.a.rows(0..<below.rank).values == below.a.values)
    }

    // Averaging whole changes is adding the average of what the round brought to the merge before.
    let second = try average(rounds)
    let parts = try rounds.map { try changes($0) }
    let expected = zip(parts[0], parts[1]).map { ($0 + $1) / 2 }
    #expect(relativeError(try changes(second), expected) < 1e-5)
    #expect(try adapter(second).sites.allSatisfy { $0.delta.rank <= 12 })

    // What a cut keeps is told.
    guard case .merge(let cut) = try scratch.store.result(try average(rounds, rank: 3)) else {
      throw Diagnostic("no merge")
    }
    #expect(cut.sites.allSatisfy { $0.rank == 3 && $0.retainedEnergy > 0 && $0.retainedEnergy <= 1 })
    #expect(cut.sites.contains { $0.retainedEnergy < 0.9999 })
  }
}
