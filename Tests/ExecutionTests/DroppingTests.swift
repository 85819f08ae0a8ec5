import Basics
import Execution
import Experiment
import Foundation
import Machine
import Results
import Specs
import TestSupport
import Testing

/// What grids passed over goes, and nothing that anybody else wants.
@Suite struct DroppingTests {
  private let scratch: Scratch
  private let trainings: [PlannedJob]
  /// Of the chosen point and of the one that was passed over.
  private let merges: [PlannedJob]
  private let evaluations: [PlannedJob]
  private let plan: Plan

  init() throws {
    scratch = try Scratch()
    trainings = try (0..<3).map { try Jobs.train($0) }
    merges = try [Jobs.merge([trainings[0], trainings[1]]), Jobs.merge([trainings[1], trainings[2]])]
    evaluations = try merges.map { try Jobs.evaluate($0) }
    let models = zip(["chosen", "passed"], zip(merges, evaluations)).map { name, jobs in
      var model = PlannedModel(
        model: name, kind: .merge, recipe: "r", settings: "", tasks: ["fpb"], seed: 0, job: jobs.0.id,
        evaluations: [PlannedEvaluation(task: "fpb", split: .test, job: jobs.1.id)])
      model.grid = "grid"
      return model
    }
    var plan = Jobs.plan(trainings + merges + evaluations, models: models)
    plan.locations = scratch.store.data
    plan.passedOver = ["passed"]
    self.plan = plan
    let site = MergedSite(site: "q", rank: 4, retainedEnergy: 0.9, norm: 2)
    for job in trainings { try store.put(job.id, .trained(), files: ["adapter": "x"]) }
    for job in merges {
      try store.put(job.id, .merge(MergeResult(sites: [site], bytes: 123)), files: ["adapter": "x"])
    }
    for (index, job) in evaluations.enumerated() { try store.put(predictions: job.id, right: 3 - index) }
    _ = try Collector(store: store, keepsScores: true).collect(plan)
  }

  private var store: JobStore { scratch.store }
  /// What goes where nobody minds.
  private var passed: [JobID] { [merges[1].id, evaluations[1].id] }

  private func names(_ experiment: String = "test", host: String = "here", settings: [String] = [])
    -> NamedJobs
  {
    NamedJobs(store, experiment: experiment, settings: settings, process: .elsewhere(host))
  }

  private func leases(_ host: String = "here", beforeWriting: @escaping @Sendable (JobID) -> Void = { _ in })
    -> Leases
  {
    Leases(store: store, patience: 1e6, holder: .elsewhere(host), beforeWriting: beforeWriting)
  }

  private func dropped() -> [JobID] { plan.jobs.map(\.id).filter(store.isDropped) }

  @Test func `what was passed over goes with its leases and keeps every score that it can have`() throws {
    let names = names()
    try names.begin(plan)
    try names.end(plan)
    #expect(leases().dropPassedOver(plan, names) == (2, nil))
    #expect(leases().dropPassedOver(plan, names) == (0, nil))
    #expect(dropped() == passed && store.damaged(in: plan).isEmpty)
    #expect(!store.names.contains { $0.hasPrefix("lease-") })
    #expect(store.progress(of: plan).state(passed[0]) == .dropped)
    #expect(plan.jobs.allSatisfy { !store.progress(of: plan).isOpen($0.id) })
    // One more metric runs no model.
    var measured = plan
    measured.plannedTasks[0].spec.metrics = ["accuracy", "macro_f1", "matthews", "weighted_f1"]
    #expect(plan.jobs.allSatisfy { !store.progress(of: measured).isOpen($0.id) })
    #expect(try Collector(store: store).collect(measured).failures.isEmpty)
  }

  @Test func `the choice of a dropped point makes it again`() throws {
    let names = names()
    try names.end(plan)
    _ = leases().dropPassedOver(plan, names)
    var chosen = plan
    chosen.passedOver = []
    let progress = store.progress(of: chosen)
    #expect(plan.jobs.map(\.id).filter(progress.isOpen) == passed)
    #expect(Reasons(chosen, store, progress).reasons(merges[1]).map(\.kind) == ["dropped"])
    // What is made again takes the place of what was left.
    try store.put(predictions: evaluations[1].id, right: 3)
    #expect(!store.isDropped(evaluations[1].id))
  }

  @Test func `what another experiment names stays, from its beginning on and where it was killed`() throws {
    let names = names()
    try names.end(plan)
    for other in [
      self.names("other", host: "there"), self.names(host: "there"), self.names(settings: ["seeds=[0]"]),
    ] {
      // Its first run has begun.
      var first = plan
      first.passedOver = []
      try other.begin(first)
      #expect(leases().dropPassedOver(plan, names) == (0, nil))
      // It has ended, and its tables rest on the same jobs but for these.
      try other.end(plan)
    }
    #expect(leases().dropPassedOver(plan, names) == (2, nil))
  }

  @Test func `what an experiment named that runs again with other jobs it names no longer`() throws {
    var process = ProcessIdentity.current
    process.process = 2_147_483_600
    let killed = NamedJobs(store, experiment: "other", settings: [], process: process)
    try killed.begin(plan)
    let names = names()
    try names.end(plan)
    #expect(leases().dropPassedOver(plan, names) == (0, nil))
    let again = NamedJobs(store, experiment: "other", settings: [])
    try again.begin(Jobs.plan(trainings))
    #expect(leases().dropPassedOver(plan, names) == (2, nil))
  }

  @Test func `what another run is at, and what that reads, stays`() throws {
    let names = names()
    try names.end(plan)
    let other = leases("there")
    #expect(try other.takeToMend(evaluations[1].id).isTaken)
    #expect(leases().dropPassedOver(plan, names) == (0, nil))
    other.finish(evaluations[1].id)
    #expect(leases().dropPassedOver(plan, names) == (2, nil))
  }

  @Test func `one that is named between looking and dropping stays`() throws {
    let names = names()
    try names.end(plan)
    let other = self.names("other", host: "there")
    let plan = plan
    let leases = leases { _ in #expect(throws: Never.self) { try other.begin(plan) } }
    #expect(leases.dropPassedOver(plan, names) == (0, nil))
    #expect(dropped().isEmpty && !store.names.contains { $0.hasPrefix("lease-") })
  }

  @Test func `a run that looks while another one drops waits for it, and then makes it again`() throws {
    let other = leases("there")
    #expect(try other.takeToMend(merges[1].id).isTaken)
    var chosen = plan
    chosen.passedOver = []
    #expect(store.progress(of: chosen).isOpen(merges[1].id))
    let own = leases()
    #expect(try own.take(merges[1].id) == .held(by: .elsewhere("there")))
    try store.drop(merges[1].id)
    other.finish(merges[1].id)
    #expect(try own.take(merges[1].id).isTaken)
  }

  @Test func `two that end together both succeed`() async throws {
    let (store, plan) = (store, plan)
    let names = [names(host: "here"), names(host: "there")]
    for names in names { try names.begin(plan) }
    for names in names { try names.end(plan) }
    let counts = await withTaskGroup(of: (Int, Diagnostic?).self) { group in
      for (names, host) in zip(names, ["here", "there"]) {
        group.addTask {
          Leases(store: store, patience: 1e6, holder: .elsewhere(host)).dropPassedOver(plan, names)
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts.allSatisfy { $0.1 == nil } && counts.map(\.0).reduce(0, +) <= 2)
    // Where each found one of them taken, the next run drops it.
    _ = leases().dropPassedOver(plan, names[0])
    #expect(dropped() == passed && store.damaged(in: plan).isEmpty)
  }

  @Test func `what a crash left half dropped is no damage, and a sweep removes the rest`() throws {
    var process = ProcessIdentity.current
    process.process = 2_147_483_600
    let id = merges[1].id
    #expect(try Leases(store: store, patience: 9, holder: process).takeToMend(id).isTaken)
    try Data().write(to: store.folder(id).appendingPathComponent("dropped"))
    #expect(store.damaged(in: plan).isEmpty)
    leases().sweep()
    #expect(store.isDropped(id) && !store.names.contains { $0.hasPrefix("lease-") })
    #expect(!FileManager.default.fileExists(atPath: store.folder(id).appendingPathComponent("adapter").path))
    #expect(throws: Never.self) { try store.drop(id) }
    // One that is gone altogether is nothing to drop.
    try store.discard(id)
    #expect(throws: Never.self) { try store.drop(id) }
  }

  @Test func `predictions that cannot be scored are kept, and it is said why`() throws {
    let names = names()
    try names.end(plan)
    try Data("{}\n".utf8).write(to: URL(fileURLWithPath: store.data[Jobs.data.sha256] ?? ""))
    let (count, problem) = leases().dropPassedOver(plan, names)
    #expect(count == 0 && problem?.what == "the file changed since this run was planned")
    #expect(dropped().isEmpty)
  }
}
