import Adapters
import Basics
import Checkpoints
import Execution
import Foundation
import LinearAlgebra
import Merging
import Models
import Outlines
import Specs
import Tasks
import TestSupport
import Testing
import Training

/// Measurements and merges that need them, as jobs over a tiny base of three blocks.
@Suite struct MeasuredWorkTests {
  private let scratch: Scratch
  private let performer: JobPerformer
  private let pretrained: JobID
  private let tasks: [TaskSpec]
  private let adapters: [JobID]

  init() throws {
    let experts = try TwoExperts(
      blocks: 3, pretraining: 4, rows: 50, steps: 6,
      adapter: AdapterSpec(rank: 3, alpha: 6, targets: ["all-linear"]))
    (scratch, performer, pretrained) = (experts.scratch, experts.performer, experts.pretrained)
    (tasks, adapters) = (experts.tasks, experts.adapters)
  }

  private func measured(_ index: Int, _ what: Statistic, rows: Int = 1000) throws -> JobID {
    try performer.done(
      .statistics(
        StatisticsJob(
          base: .pretrained(pretrained), adapter: adapters[index], tasks: [tasks[index]], rows: rows,
          maxTokens: 32, what: what, seed: 0)))
  }

  /// The adapter that a merge of these inputs makes.
  private func merged(_ method: String, _ inputs: [Int], more: [String: ParameterValue] = [:]) throws
    -> Adapter
  {
    let row = try MergeMethods.all.entry(named: method)
    var parameters = more
    for spec in row.parameters where parameters[spec.name] == nil {
      parameters[spec.name] = spec.defaultValue
    }
    var job = MergeJob(
      method: method, parameters: parameters, inputs: inputs.map { adapters[$0] },
      weights: inputs.map { _ in 1 }, seed: 0)
    switch row.evidence {
    case .inputGrams: job.statistics = try inputs.map { try measured($0, .inputGrams) }
    case .fisher:
      job.statistics = try inputs.map { try measured($0, .fisher(labels: .model, labelScale: 20)) }
    case .propagatedGrams:
      job.data = MergeData(
        base: .pretrained(pretrained), tasks: inputs.map { [tasks[$0]] }, rows: 1000, maxTokens: 32)
    case nil: break
    }
    return try adapter(of: try performer.done(.merge(job)))
  }

  private func adapter(of id: JobID) throws -> Adapter {
    try PEFTAdapter.read(scratch.store.folder(id).appendingPathComponent("adapter").path)
  }

  private func changes(_ adapter: Adapter, block: Int) -> [Float] {
    adapter.sites.filter { $0.path.contains("layer.\(block).") }
      .flatMap { adapter.lowRank($0.delta).dense.floats }
  }

  @Test func `one model is returned by every method that needs data`() throws {
    for method in ["regmean", "regmean_pp", "fisher"] {
      let (one, alone) = (try adapter(of: adapters[1]), try merged(method, [1]))
      #expect(alone.sites.map(\.path) == one.sites.map(\.path))
      for block in 0..<3 {
        #expect(relativeError(changes(alone, block: block), changes(one, block: block)) < 1e-5, "\(method)")
      }
    }
  }

  @Test func `regmean_pp measures each block behind the merged ones below`() throws {
    let (plain, propagated) = (try merged("regmean", [0, 1]), try merged("regmean_pp", [0, 1]))
    #expect(relativeError(changes(propagated, block: 0), changes(plain, block: 0)) < 1e-5)
    #expect(relativeError(changes(propagated, block: 1), changes(plain, block: 1)) > 1e-4)

    // The second block by another way: whole models whose first block is the merged one.
    let base = try BaseFolder.open(scratch.store.folder(pretrained).appendingPathComponent("model").path)
    func block(_ adapter: Adapter, _ number: Int) -> [(path: String, delta: AdapterSite)] {
      adapter.sites.filter { $0.path.contains("layer.\(number).") }.map { path, delta in
        (path, AdapterSite(a: delta.a, b: delta.b, alpha: adapter.scale(of: delta) * Double(delta.rank)))
      }
    }
    let experts = try adapters.map { try adapter(of: $0) }
    let upper = base.network.outline.layers.filter { $0.block == 1 }
    let evidence = try zip(experts, tasks).map { expert, task in
      let mixed = Adapter(name: "mixed", sites: block(propagated, 0) + block(expert, 1))
      let examples = try TaskLoader.load(task, split: .train) { _ in nil }
        .map { TokenizedExample($0, tokenizer: base.tokenizer, maxTokens: 32) }
      let grams = InputGrams(sites: upper)
      try grams.add(examples, try base.network.folding(mixed), workspaces: [Workspace()])
      let matrices = grams.finished().map { ($0.name, $0.matrix) }
      return ModelEvidence(name: task.name, Dictionary(uniqueKeysWithValues: matrices))
    }
    let method = try MergeMethods.all.entry(named: "regmean_pp")
    let expected = try AdapterMerger.merge(
      experts.map { Adapter(name: $0.name, sites: block($0, 1)) }, weights: [1, 1], method: method,
      parameters: Parameters([:], for: method.parameters, of: "test"), seed: 0, evidence: evidence)
    #expect(relativeError(changes(propagated, block: 1), changes(expected.adapter, block: 1)) < 1e-4)
  }

  @Test func `depth_gain grows from the first block to the last, in a merge block by block too`() throws {
    let one = try adapter(of: adapters[1])
    for method in ["regmean", "regmean_pp"] {
      let deep = try merged(method, [1], more: ["depth_gain": .number(1)])
      for (block, factor) in [1, 1.5, 2].enumerated() {
        let expected = changes(one, block: block).map { $0 * Float(factor) }
        #expect(relativeError(changes(deep, block: block), expected) < 1e-5, "\(method), block \(block)")
      }
    }
  }

  @Test func `a measurement reads as many rows as it is told, and says what it left`() throws {
    for (rows, examples) in [(20, 20), (50, 50), (1000, 50)] {
      let id = try measured(0, .inputGrams, rows: rows)
      guard case .statistics(let result) = try scratch.store.result(id) else {
        Issue.record("no result of a measurement")
        continue
      }
      #expect(result.examples == examples && result.tokens > 5 * examples)
      // Four inputs a block.
      #expect(result.matrices == 12)
      let file = scratch.store.folder(id).appendingPathComponent("statistics.safetensors")
      #expect(try Data(contentsOf: file).count == result.bytes)
      #expect(result.bytes > 4 * 3 * (3 * 32 * 32 + 64 * 64))
    }
  }
}
