import Basics
import Execution
import Experiment
import Foundation
import Machine
import Specs
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct SchedulerTests {
  private let scratch: Scratch
  private let log = FakeRunner.Log()

  init() throws { scratch = try Scratch() }

  private var store: JobStore { scratch.store }

  private final class Events: Sendable {
    private let list = Lock<[String]>([])
    var all: [String] { list.withLock { $0 } }

    @Sendable func add(_ event: RunEvent) {
      let line =
        switch event {
        case .started(let job, let worker): "started \(job.label) on \(worker)"
        case .progress(let job, _, let share, let note): "\(job.label) \(share) \(note)"
        case .finished(let job, _, _): "finished \(job.label)"
        case .failed(let job, _, let diagnostic): "failed \(job.label): \(diagnostic.what)"
        case .held(let job, let holder): "held \(job.label) by \(holder?.host ?? "")"
        case .doneElsewhere(let job, let run): "elsewhere \(job.label) by \(run ?? "")"
        case .tookOver(let job, let holder): "took \(job.label) from \(holder.host)"
        case .stopped(let job, _): "stopped \(job.label)"
        case .skipped(let job, let cause): "skipped \(job.label) because of \(cause)"
        case .halted(let job, _, let diagnostic): "halted \(job.label): \(diagnostic.what)"
        }
      list.withLock { $0.append(line) }
    }
  }

  private func run(
    _ plan: Plan, _ runners: [FakeRunner], keepGoing: Bool = true, leases: Leases? = nil,
    events: Events = Events()
  ) async -> RunSummary {
    await Scheduler(
      plan: plan, store: store, runners: runners, keepGoing: keepGoing, leases: leases,
      report: { events.add($0) }
    ).run()
  }

  @Test func `one runner does the jobs in the order of the plan`() async throws {
    let (a, b) = (try Jobs.train(0), try Jobs.train(1))
    let jobs = [a, b, try Jobs.merge([a, b]), try Jobs.evaluate(a), try Jobs.evaluate(nil)]
    let events = Events()
    let summary = await run(Jobs.plan(jobs), [FakeRunner(store: store, log: log)], events: events)
    #expect(log.all == jobs.map(\.id.hex) + ["stop w"])
    #expect(summary.done == 5)
    #expect(summary.failed + summary.skipped + summary.cached == 0)
    #expect(
      events.all
        == jobs.flatMap {
          ["started \($0.label) on 0", "\($0.label) 0.5 half", "finished \($0.label)"]
        })
  }

  @Test func `a job waits for its inputs, whatever the order of the plan`() async throws {
    let (a, b) = (try Jobs.train(0), try Jobs.train(1))
    let merge = try Jobs.merge([a, b])
    let evaluation = try Jobs.evaluate(merge)
    _ = await run(Jobs.plan([evaluation, merge, b, a]), [FakeRunner(store: store, log: log)])
    #expect(log.all == [b, a, merge, evaluation].map(\.id.hex) + ["stop w"])
  }

  @Test func `a long job that comes last in the plan starts before the others are used up`() async throws {
    var jobs = try (0..<30).map { try Jobs.train($0) }
    jobs[29].work.flops *= 5
    _ = await run(Jobs.plan(jobs), [FakeRunner(store: store, log: log)])
    // One worker: it waits until what is left takes no more than twice as long.
    #expect(log.all.count == 31)
    let position = log.all.firstIndex(of: jobs[29].id.hex) ?? 0
    #expect(position > 10 && position < 27)
    #expect(Array(log.all.prefix(10)) == jobs.prefix(10).map(\.id.hex))
  }

  @Test(arguments: [2, 3, 8])
  func `several runners do every job once and none before its inputs`(_ count: Int) async throws {
    let trainings = try (0..<12).map { try Jobs.train($0) }
    let merges = try (0..<6).map { try Jobs.merge([trainings[$0], trainings[$0 + 6]]) }
    let jobs = trainings + merges + (try (trainings + merges).map { try Jobs.evaluate($0) })
    let runners = (0..<count).map { index in
      FakeRunner("\(index)", store: store, log: log) { request in
        // Differing times, so that jobs overlap in many ways.
        try await Task.sleep(for: .microseconds(200 * Int(request.id.hex.utf8.first ?? 48) % 1700))
      }
    }
    let events = Events()
    let summary = await run(Jobs.plan(jobs), runners, events: events)
    #expect(summary.done == jobs.count)
    #expect(events.all.filter { $0.hasPrefix("failed") } == [])
    let ran = log.all.filter { !$0.hasPrefix("stop") }
    #expect(ran.sorted() == jobs.map(\.id.hex).sorted())
    #expect(Set(log.all.suffix(count)) == Set((0..<count).map { "stop \($0)" }))
  }

  @Test func `two runners work at the same time`() async throws {
    let jobs = try (0..<2).map { try Jobs.train($0) }
    // Each job ends only when both have begun: one runner after the other would never end.
    let begun = Lock(0)
    let meeting = FakeMeeting(begun)
    let runners = (0..<2).map {
      FakeRunner("\($0)", store: store, log: log) { _ in try await meeting.wait() }
    }
    #expect(await run(Jobs.plan(jobs), runners).done == 2)
  }

  @Test func `what is in the store is not done again`() async throws {
    let (a, b) = (try Jobs.train(0), try Jobs.train(1))
    try store.put(a.id, .trained())
    let summary = await run(
      Jobs.plan([a, b, try Jobs.evaluate(a)]), [FakeRunner(store: store, log: log)])
    #expect(summary.cached == 1)
    #expect(summary.done == 2)
    #expect(!log.all.contains(a.id.hex))
  }

  @Test func `a failure skips what depends on it and nothing else`() async throws {
    let (a, b) = (try Jobs.train(0), try Jobs.train(1))
    let merge = try Jobs.merge([a, b])
    let evaluations = try [a, b, merge].map { try Jobs.evaluate($0) }
    let events = Events()
    let summary = await run(
      Jobs.plan([a, b, merge] + evaluations), [FakeRunner(store: store, log: log, failing: [a.id])],
      events: events)
    #expect(summary.failed == 1)
    #expect(summary.skipped == 3)
    #expect(summary.done == 2)
    #expect(log.all == [a, b, evaluations[1]].map(\.id.hex) + ["stop w"])
    #expect(events.all.contains("failed train 0: cannot do it"))
    for job in [merge, evaluations[0], evaluations[2]] {
      #expect(events.all.contains("skipped \(job.label) because of \(a.id)"))
    }
    #expect(store.failure(a.id) == Diagnostic("cannot do it"))
    #expect(store.failure(merge.id) == nil)
  }

  @Test func `without keep-going nothing starts after a failure`() async throws {
    let jobs = try (0..<4).map { try Jobs.train($0) }
    let summary = await run(
      Jobs.plan(jobs), [FakeRunner(store: store, log: log, failing: [jobs[1].id])], keepGoing: false)
    #expect(log.all == [jobs[0].id.hex, jobs[1].id.hex, "stop w"])
    #expect(summary.done == 1)
    #expect(summary.failed == 1)
  }

  @Test func `without keep-going a job that runs already is finished`() async throws {
    let (a, b) = (try Jobs.train(0), try Jobs.train(1))
    let meeting = FakeMeeting(Lock(0))
    let runners = (0..<2).map { index in
      FakeRunner("\(index)", store: store, log: log, failing: [a.id]) { request in
        try await meeting.wait()
        if request.id == b.id { try await Task.sleep(for: .milliseconds(20)) }
      }
    }
    let summary = await run(Jobs.plan([a, b, try Jobs.evaluate(b)]), runners, keepGoing: false)
    #expect(summary.failed == 1)
    #expect(summary.done == 1)
    #expect(store.contains(b.id))
  }

  @Test func `the next run tries a failed job again and forgets the failure`() async throws {
    let job = try Jobs.train(0)
    _ = await run(Jobs.plan([job]), [FakeRunner(store: store, log: log, failing: [job.id])])
    #expect(store.failure(job.id) != nil)
    let summary = await run(Jobs.plan([job]), [FakeRunner(store: store, log: log)])
    #expect(summary.done == 1)
    #expect(store.failure(job.id) == nil)
  }

  // MARK: Several runs on one store

  @Test func `two runs share the work and do nothing twice`() async throws {
    let trainings = try (0..<12).map { try Jobs.train($0) }
    let merges = try (0..<6).map { try Jobs.merge([trainings[$0], trainings[$0 + 6]]) }
    let plan = Jobs.plan(trainings + merges + (try merges.map { try Jobs.evaluate($0) }))
    let hosts = ["alpha", "beta"]
    let summaries = await withTaskGroup(of: RunSummary.self) { group in
      for host in hosts {
        let runners = (0..<2).map { worker in
          FakeRunner("\(host) \(worker)", store: store, log: log) { _ in
            try await Task.sleep(for: .milliseconds(3))
          }
        }
        let leases = Leases(store: store, patience: 1e6, holder: .elsewhere(host))
        group.addTask { await run(plan, runners, leases: leases) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let ran = log.all.filter { !$0.hasPrefix("stop") }
    #expect(ran.sorted() == plan.jobs.map(\.id.hex).sorted())
    for summary in summaries {
      #expect(summary.done > 0 && summary.failed == 0)
      #expect(summary.cached + summary.done + summary.elsewhere == plan.jobs.count)
    }
    #expect(store.names == plan.jobs.map(\.id.hex).sorted())
  }

  @Test func `what another run finishes in the middle of this one is not done again`() async throws {
    let (a, b) = (try Jobs.train(0), try Jobs.train(1))
    let merge = try Jobs.merge([a, b])
    let store = store
    var cost = JobCost.some()
    cost.run = "beta 4711"
    let events = Events()
    let runner = FakeRunner(store: store, log: log) { [cost] request in
      if request.id == a.id { try store.put(b.id, .trained(), cost: cost) }
    }
    let summary = await run(Jobs.plan([a, b, merge]), [runner], events: events)
    #expect(log.all == [a, merge].map(\.id.hex) + ["stop w"])
    #expect(summary.done == 2 && summary.elsewhere == 1)
    #expect(events.all.contains("elsewhere train 1 by beta 4711"))
  }

  @Test func `what another run is at comes last, and is done here where that run is silent`() async throws {
    let jobs = try (0..<3).map { try Jobs.train($0) }
    let merge = try Jobs.merge(jobs)
    let dead = Leases(store: store, patience: 1e6, holder: .elsewhere("dead"))
    #expect(try dead.take(jobs[0].id).isTaken)
    let events = Events()
    let summary = await run(
      Jobs.plan(jobs + [merge]), [FakeRunner(store: store, log: log), FakeRunner(store: store, log: log)],
      leases: Leases(store: store, patience: 0.3, holder: .elsewhere("alpha")), events: events)
    #expect(summary.done == 4)
    #expect(log.all.filter { $0.count == 32 }.suffix(2) == [jobs[0].id.hex, merge.id.hex])
    #expect(events.all.contains("held train 0 by dead") && events.all.contains("took train 0 from dead"))
    #expect(store.names == (jobs + [merge]).map(\.id.hex).sorted())
  }

  @Test func `a job that was taken over from a run that slept is no failure of it`() async throws {
    let job = try Jobs.train(0)
    let other = Leases(store: store, patience: 0, holder: .elsewhere("beta"))
    let store = store
    let events = Events()
    let runner = FakeRunner(store: store, log: log) { request in
      // It stands still here, and what it had begun is gone.
      #expect(try !other.take(request.id).isTaken && other.take(request.id).isTaken)
      try store.put(request.id, .trained())
      throw Diagnostic("No such file or directory")
    }
    let summary = await run(
      Jobs.plan([job]), [runner], leases: Leases(store: store, patience: 1e6, holder: .elsewhere("alpha")),
      events: events)
    #expect(summary.failed == 0 && summary.elsewhere == 1)
    #expect(events.all.suffix(2) == ["stopped train 0", "elsewhere train 0 by "])
    #expect(store.failure(job.id) == nil)
  }

  @Test func `a worker is stopped where its job was taken over, and what it would still commit is refused`()
    async throws
  {
    let job = try Jobs.train(0)
    let other = Leases(store: store, patience: 0, holder: .elsewhere("beta"))
    let own = Leases(store: store, patience: 1e6, holder: .elsewhere("alpha"))
    let (store, log) = (store, log)
    let events = Events()
    let runner = FakeRunner(store: store, log: log) { request in
      guard !log.all.contains("abandon \(request.id)") else { return }
      #expect(try !other.take(request.id).isTaken && other.take(request.id).isTaken)
      own.beat()
      while !log.all.contains("abandon \(request.id)") { try await Task.sleep(for: .milliseconds(1)) }
      // The other one fails at it.
      other.release(request.id)
    }
    let summary = await run(Jobs.plan([job]), [runner], leases: own, events: events)
    #expect(events.all.contains("stopped train 0"))
    #expect(summary.done == 1 && summary.failed == 0 && store.contains(job.id))
    #expect(log.all == [job.id.hex, "abandon \(job.id)", job.id.hex, "stop w"])
  }

  @Test func `an empty plan ends at once`() async {
    let summary = await run(Jobs.plan([]), [FakeRunner(store: store, log: log)])
    #expect(summary.cached + summary.done + summary.failed + summary.skipped == 0)
    #expect(log.all == ["stop w"])
  }
}

/// Lets two go on when both have come.
final class FakeMeeting: Sendable {
  private let begun: Lock<Int>

  init(_ begun: consuming Lock<Int>) { self.begun = begun }

  func wait() async throws {
    begun.withLock { $0 += 1 }
    while begun.withLock({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(1)) }
  }
}
