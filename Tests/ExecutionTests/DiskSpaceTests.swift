import Basics
import Execution
import Experiment
import Foundation
import Machine
import Specs
import TestSupport
import Testing

/// A disk that is too small, or full.
@Suite(.timeLimit(.minutes(1))) struct DiskSpaceTests {
  private let scratch: Scratch
  private let jobs: [PlannedJob]

  init() throws {
    scratch = try Scratch()
    jobs = try (0..<4).map { seed in
      var job = try Jobs.train(seed)
      job.work.disk = 50e6
      return job
    }
  }

  private var store: JobStore { scratch.store }

  @Test func `free space is held against what the open jobs write`() throws {
    try store.put(jobs[0].id, .trained())
    let plan = Jobs.plan(jobs)
    func space(_ free: Double?) -> DiskSpace {
      DiskSpace(plan, store.progress(of: plan), place: "Results/.store", free: free)
    }
    #expect(space(151e6).problem == nil && space(151e6).note == nil)
    #expect(space(nil).problem == nil && space(nil).note == nil)
    let short = space(149e6)
    #expect(short.problem == nil)
    #expect(
      "\(try #require(short.note))"
        == "Results/.store: note: the disk may be too small: the jobs write about 150 MB, and 149 MB are free; "
        + "make room for about 150 MB, or name another folder by --results; what is done is kept: run again")
    let full = space(50.5e6)
    #expect(full.note == nil)
    #expect(full.problem?.what == "the disk is full: the next job writes about 50 MB, and 51 MB are free")
    let done = Jobs.plan([jobs[0]])
    #expect(DiskSpace(done, store.progress(of: done), place: "", free: 0).problem == nil)
    #expect(try #require(DiskSpace(plan, store.progress(of: plan), store).free) > 0)
  }

  private func run(_ number: Int32, _ runners: Int) async -> (RunSummary, [String], [String]) {
    let log = FakeRunner.Log()
    let told = Lock<[String]>([])
    let first = jobs[1].id
    let store = store
    let summary = await Scheduler(
      plan: Jobs.plan(jobs), store: store,
      runners: (0..<runners).map { _ in
        FakeRunner(store: store, log: log) { request in
          guard request.id == first else { return }
          throw Diagnostic("cannot write the file: No space left on device").ofSystem(number)
        }
      }, keepGoing: true,
      report: { event in
        if case .halted(let job, _, let diagnostic) = event {
          told.withLock { $0.append("\(job.label): \(diagnostic.hint ?? "")") }
        }
      }
    ).run()
    return (summary, log.all.filter { $0.count == 32 }, told.withLock { $0 })
  }

  @Test func `a full disk ends the run, which says once what the rest needs`() async {
    let (summary, ran, told) = await run(ENOSPC, 1)
    #expect(ran == [jobs[0].id.hex, jobs[1].id.hex])
    #expect(summary.isHalted && summary.done == 1 && summary.failed == 1)
    #expect(told.count == 1 && told[0].hasPrefix("train 1: make room for about 150 MB"))
    #expect(store.contains(jobs[0].id))
  }

  @Test func `what one job alone is refused stops no other`() async {
    let (summary, ran, told) = await run(EFBIG, 2)
    #expect(ran.count == 4 && told.isEmpty)
    #expect(!summary.isHalted && summary.done == 3 && summary.failed == 1)
  }

  @Test func `every worker's refusal is counted and one is told`() async {
    let log = FakeRunner.Log()
    let halted = Lock(0)
    let store = store
    let meeting = FakeMeeting(Lock(0))
    let summary = await Scheduler(
      plan: Jobs.plan(jobs), store: store,
      runners: (0..<2).map { _ in
        FakeRunner(store: store, log: log) { _ in
          try await meeting.wait()
          throw Diagnostic("cannot write the file").ofSystem(EDQUOT)
        }
      }, keepGoing: true,
      report: { if case .halted = $0 { halted.withLock { $0 += 1 } } }
    ).run()
    #expect(summary.failed == 2 && halted.withLock { $0 } == 1)
  }

  @Test func `what is refused while a file is written is known by its number`() throws {
    // /dev/full takes nothing.
    try FileManager.default.createDirectory(at: store.root, withIntermediateDirectories: true)
    do {
      try Data([1]).write(to: URL(fileURLWithPath: "/dev/full"))
      Issue.record("it was written")
    } catch {
      #expect(SystemRefusal.number(of: error) == ENOSPC)
    }
    let words = try JSONDecoder().decode(
      Diagnostic.self, from: StableHash.canonicalJSON(Diagnostic("full").ofSystem(ENOSPC)))
    #expect(words.systemNumber == ENOSPC && Diagnostic("other").systemNumber == nil)
  }
}
