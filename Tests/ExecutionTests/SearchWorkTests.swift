import Adapters
import Basics
import Checkpoints
import Execution
import Foundation
import LinearAlgebra
import Merging
import Specs
import Tasks
import TestSupport
import Testing

/// Searches of merges as jobs over a tiny base of one block.
@Suite struct SearchWorkTests {
  private let scratch: Scratch
  private let performer: JobPerformer
  private let pretrained: JobID
  private let tasks: [TaskSpec]
  private let adapters: [JobID]

  init() throws {
    let experts = try TwoExperts(
      blocks: 1, pretraining: 2, rows: 20, steps: 2,
      adapter: AdapterSpec(rank: 2, alpha: 4, targets: ["query"]))
    (scratch, performer, pretrained) = (experts.scratch, experts.performer, experts.pretrained)
    (tasks, adapters) = (experts.tasks, experts.adapters)
  }

  private func search(
    _ method: String, _ given: [String: ParameterValue], over: [SearchRange] = []
  ) throws -> TuneResult? {
    let row = try MergeMethods.all.entry(named: method)
    let parameters = try Parameters(given, for: row.parameters, of: method).values
    let spec = JobSpec.tune(
      TuneJob(
        base: .pretrained(pretrained), method: method, parameters: parameters, inputs: adapters,
        weights: [1, 1],
        tasks: tasks.enumerated().map { TuneTask(task: $1, expert: $0, head: nil) }, over: over,
        maxTokens: 32, labelScale: 20, seed: 0))
    let id = spec.id()
    _ = try performer.perform(spec, id: id, worker: "w") { _, _ in }
    guard case .tune(let result) = try scratch.store.result(id) else { return nil }
    return result
  }

  @Test func `values that the tried method refuses are trials that lost`() throws {
    let result = try search(
      "search", ["try": .text("consensus"), "trials": .number(3)],
      over: [SearchRange(name: "k", from: 1, to: 5)])
    #expect(result?.rounds == 3)
  }

  @Test func `test data cannot be asked for`() {
    #expect(throws: Diagnostic.self) { try search("search", ["split": .text("test")]) }
  }

  @Test func `a merge that fails fails the search instead of passing for a refusal`() throws {
    let folder = scratch.store.folder(adapters[1]).appendingPathComponent("adapter").path
    let adapter = try PEFTAdapter.read(folder)
    let path = adapter.sites[0].path
    adapter.sites[0].delta.a[0, 0] = .nan
    try PEFTAdapter.write(adapter, to: folder)
    // As its job had written it so.
    try scratch.store.seal(scratch.store.folder(adapters[1]))
    #expect(
      throws: Diagnostic("lora_A of '\(path)' holds NaN or infinity", at: Place(file: adapter.name))
    ) { try search("lorahub", ["trials": .number(3)]) }
  }
}
