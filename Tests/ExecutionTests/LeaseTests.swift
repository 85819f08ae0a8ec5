import Basics
import Execution
import Experiment
import Foundation
import Machine
import Specs
import TestSupport
import Testing

/// One owner of an attempt, whoever asks, sleeps or dies.
@Suite(.timeLimit(.minutes(1))) struct LeaseTests {
  private let scratch: Scratch
  private let id = JobID(number: 0x0123_4567_89ab_cdef)

  init() throws { scratch = try Scratch() }

  private var store: JobStore { scratch.store }

  /// A run on another machine, which does not beat by itself while a test lasts.
  private func run(
    _ host: String, patience: Double = 1e6, beforeWriting: @escaping @Sendable (JobID) -> Void = { _ in }
  ) -> Leases {
    Leases(store: store, patience: patience, holder: .elsewhere(host), beforeWriting: beforeWriting)
  }

  private final class Gate: Sendable {
    let arrived = Lock(0)
  }

  /// Lets some runs ask for a job at the same moment; who got it.
  private func race(_ runs: [Leases], _ id: JobID) async throws -> [Int] {
    let gate = Gate()
    return try await withThrowingTaskGroup(of: Int?.self) { group in
      for (number, run) in runs.enumerated() {
        group.addTask {
          gate.arrived.withLock { $0 += 1 }
          while gate.arrived.withLock({ $0 }) < runs.count { await Task.yield() }
          return try run.take(id).isTaken ? number : nil
        }
      }
      return try await group.compactMap(\.self).reduce(into: []) { $0.append($1) }
    }
  }

  @Test func `of several that ask for a free job one gets it`() async throws {
    let runs = (0..<4).map { run("host\($0)") }
    for round in 0..<40 {
      let id = JobID(number: UInt64(round))
      let winners = try await race(runs, id)
      #expect(winners.count == 1, "round \(round)")
      #expect(store.holders()[id]?.host == winners.first.map { "host\($0)" })
    }
  }

  @Test func `of several that find a lease stale one follows it`() async throws {
    for round in 0..<20 {
      let id = JobID(number: UInt64(round))
      #expect(try run("dead").take(id).isTaken)
      // They look twice, and have no patience.
      let runs = (0..<4).map { run("host\($0)", patience: 0) }
      for run in runs { #expect(try run.take(id) == .held(by: .elsewhere("dead"))) }
      let winners = try await race(runs, id)
      #expect(winners.count == 1, "round \(round)")
      #expect(runs.filter { $0.holds(id) }.count == 1)
    }
  }

  @Test func `a lease is stale where its content stays the same, not where its time is old`() throws {
    let (owner, other) = (run("alpha"), run("beta", patience: 0))
    #expect(try owner.take(id).isTaken)
    for _ in 0..<5 {
      #expect(try other.take(id) == .held(by: .elsewhere("alpha")))
      owner.beat()
    }
    #expect(try other.take(id) == .held(by: .elsewhere("alpha")))
    #expect(owner.holds(id) && !other.holds(id))
    #expect(try other.take(id).from == .elsewhere("alpha"))
    #expect(other.holds(id) && !owner.holds(id))
  }

  @Test func `an owner beats by itself, and one that waits for it waits`() async throws {
    let (owner, other) = (run("alpha", patience: 0.06), run("beta", patience: 5))
    #expect(try owner.take(id).isTaken)
    let lease = store.root.appendingPathComponent("lease-\(id).1")
    var contents: Set<Data> = []
    while contents.count < 4 {
      contents.insert(try Data(contentsOf: lease))
      #expect(try other.take(id) == .held(by: .elsewhere("alpha")))
      try await Task.sleep(for: .milliseconds(2))
    }
    #expect(Set(contents.map(\.count)).count == 1)
    owner.finish(id)
  }

  @Test func `a process of this machine that has ended is not waited for`() throws {
    var number: UInt64 = 0
    func taken(from holder: ProcessIdentity) throws -> Bool {
      number += 1
      let id = JobID(number: number)
      #expect(try Leases(store: store, patience: 1e6, holder: holder).take(id).isTaken)
      return try Leases(store: store, patience: 1e6).take(id).isTaken
    }
    var process = ProcessIdentity.current
    #expect(try !taken(from: process))
    // Another program has its number now.
    process.started = "1"
    #expect(try taken(from: process))
    process = .current
    process.process = 2_147_483_600
    #expect(try taken(from: process))
    process.machine += "'"
    #expect(try !taken(from: process))
    process.machine = ""
    #expect(try !taken(from: process))
  }

  @Test func `what is let go is free at once, what is finished leaves nothing`() throws {
    let (one, other) = (run("alpha"), run("beta"))
    guard case .taken(let token, nil) = try one.take(id) else { throw Diagnostic("it was not taken") }
    _ = try store.beginAttempt(id, token)
    one.release(id)
    #expect(store.names == ["lease-\(id).1"] && store.holders().isEmpty)
    // Nobody has to be blamed for it.
    let next = try other.take(id)
    #expect(next.isTaken && next.from == nil)
    #expect(try one.take(id) == .held(by: .elsewhere("beta")))
    try store.put(id, .trained())
    other.finish(id)
    #expect(store.names == [id.hex])
    #expect(try one.take(id) == .done && other.take(id) == .done)
  }

  @Test func `one that slept disturbs nobody when it wakes up`() throws {
    let (slept, other) = (run("alpha"), run("beta", patience: 0))
    guard case .taken(let token, nil) = try slept.take(id) else { throw Diagnostic("it was not taken") }
    let attempt = try store.beginAttempt(id, token)
    #expect(try !other.take(id).isTaken)
    guard case .taken(let otherToken, let from) = try other.take(id), from == .elsewhere("alpha") else {
      throw Diagnostic("it was not taken over")
    }
    let otherAttempt = try store.beginAttempt(id, otherToken)
    try Data("half".utf8).write(to: otherAttempt.appendingPathComponent("half"))
    // Its attempt is gone, and with it what it would still write or make the result.
    #expect(throws: (any Error).self) { try Data().write(to: attempt.appendingPathComponent("x")) }
    #expect(throws: (any Error).self) {
      try store.commit(attempt, as: id, spec: Jobs.train(0).spec, result: .trained(), cost: .some())
    }
    // It knows, and whatever it does with its own lease leaves the other's and what was begun under that.
    #expect(!slept.holds(id) && other.holds(id))
    slept.beat()
    slept.release(id)
    slept.releaseAll()
    let lease = try String(contentsOf: store.root.appendingPathComponent("lease-\(id).2"), encoding: .utf8)
    #expect(lease.contains("\"token\":\"\(otherToken)\"") && !lease.contains("released"))
    #expect(FileManager.default.fileExists(atPath: otherAttempt.appendingPathComponent("half").path))
    #expect(store.holders() == [id: .elsewhere("beta")])
    #expect(try run("gamma").take(id) == .held(by: .elsewhere("beta")))
    try store.commit(otherAttempt, as: id, spec: Jobs.train(0).spec, result: .trained(), cost: .some())
    other.finish(id)
    #expect(store.names == [id.hex])
  }

  @Test func `one that sleeps between reading and writing sees what became of the job`() throws {
    let store = store
    // The job was done meanwhile, after which nobody holds it.
    let done = run("late") { id in
      let other = Leases(store: store, patience: 1e6, holder: .elsewhere("fast"))
      #expect(throws: Never.self) {
        #expect(try other.take(id).isTaken)
        try store.put(id, .trained())
      }
      other.finish(id)
    }
    #expect(try done.take(id) == .done)
    #expect(store.names == [id.hex])

    // The owner that was taken for dead woke up.
    let second = JobID(number: 2)
    let owner = run("owner")
    #expect(try owner.take(second).isTaken)
    let late = run("late", patience: 0) { _ in owner.beat() }
    #expect(try late.take(second) == .held(by: .elsewhere("owner")))
    #expect(try late.take(second) == .held(by: nil))
    #expect(owner.holds(second) && !late.holds(second))
    #expect(try run("gamma").take(second) == .held(by: .elsewhere("owner")))
    // It let go of the job after that: the lease that never counted is in nobody's way.
    owner.release(second)
    #expect(try run("gamma").take(second).isTaken)

    // Another one took it, failed and let go.
    let third = JobID(number: 3)
    let raced = run("late") { id in
      let other = Leases(store: store, patience: 1e6, holder: .elsewhere("fast"))
      let isTaken = (try? other.take(id).isTaken) ?? false
      #expect(isTaken)
      other.release(id)
    }
    #expect(try raced.take(third) == .held(by: nil))
    #expect(try run("gamma").take(third).isTaken)
  }

  @Test func `a lease whose owner died while writing it is waited for and followed`() throws {
    try FileManager.default.createDirectory(at: store.root, withIntermediateDirectories: true)
    try Data().write(to: store.root.appendingPathComponent("lease-\(id).1"))
    let run = run("beta", patience: 0)
    #expect(try run.take(id) == .held(by: nil))
    #expect(try run.take(id).isTaken)
  }

  // MARK: Damage

  /// Waits beside the test on a thread of its own: one that sleeps must not keep the few threads of tasks from the others.
  private func onThread<Found: Sendable>(
    _ body: @escaping @Sendable () throws -> Found
  ) async throws -> Found {
    try await withCheckedThrowingContinuation { continuation in
      Thread { continuation.resume(with: Result(catching: body)) }.start()
    }
  }

  private func damage(_ id: JobID) throws {
    try Data("other".utf8).write(to: store.folder(id).appendingPathComponent("curve.csv"))
  }

  private func put(_ id: JobID) throws { try store.put(id, .trained(), files: ["curve.csv": "step\n"]) }

  @Test func `what is damaged is taken out of the store once, and free to be done`() throws {
    try put(id)
    let run = run("alpha")
    #expect(try run.discardDamaged(id) == nil && store.names == [id.hex])
    try damage(id)
    #expect(
      try run.discardDamaged(id)?.what == "the file is not what the job wrote: its SHA-256 is another one")
    #expect(!store.contains(id) && store.holders().isEmpty)
    #expect(try self.run("beta").discardDamaged(id) == nil)
    #expect(try self.run("beta").take(id).isTaken)
  }

  @Test func `a repair that another run made meanwhile stays`() throws {
    let store = store
    // The other run is done, and has let go of the job, before this one writes its lease.
    for isFinished in [true, false] {
      try put(id)
      try damage(id)
      let late = run("late") { id in
        let other = Leases(store: store, patience: 1e6, holder: .elsewhere("fast"))
        #expect(throws: Never.self) {
          #expect(try other.discardDamaged(id) != nil)
          #expect(try other.take(id).isTaken)
          try store.put(id, .trained(steps: 9), files: ["curve.csv": "step\n"])
        }
        if isFinished { other.finish(id) }
      }
      #expect(try late.discardDamaged(id) == nil)
      #expect(try store.result(id) == .trained(steps: 9) && store.damage(id, .bytes) == nil)
      store.sweep()
      #expect(store.names == [id.hex])
      try store.discard(id)
    }
  }

  @Test func `who mends is waited for, and its lease is not swept away`() async throws {
    try put(id)
    try damage(id)
    let store = store
    let gate = Gate()
    // One that holds the job while it looks at the damage.
    let slow = run("slow")
    #expect(try slow.takeToMend(id).isTaken)
    store.sweep()
    #expect(store.names.contains("lease-\(id).1"))
    let id = id
    async let waiting = onThread {
      let fast = Leases(
        store: store, patience: 1e6, holder: .elsewhere("fast"),
        beforeWriting: { _ in gate.arrived.withLock { $0 += 100 } })
      gate.arrived.withLock { $0 += 1 }
      return try fast.discardDamaged(id)
    }
    while gate.arrived.withLock({ $0 }) == 0 { await Task.yield() }
    try await Task.sleep(for: .milliseconds(120))
    // Nothing was done behind its back.
    #expect(store.contains(id))
    // It does not read the bytes while it waits: that they are well again shows with the lease alone.
    try Data("step\n".utf8).write(to: store.folder(id).appendingPathComponent("curve.csv"))
    #expect(store.damage(id, .bytes) == nil)
    try await Task.sleep(for: .milliseconds(120))
    #expect(gate.arrived.withLock { $0 } == 1)
    slow.finish(id)
    #expect(try await waiting == nil)
    #expect(gate.arrived.withLock { $0 } == 101)
    #expect(store.names == [id.hex] && store.damage(id, .bytes) == nil)
  }

  @Test func `what another one takes out of the store to do it anew is not waited for`() async throws {
    try put(id)
    try damage(id)
    let store = store
    let slow = run("slow")
    #expect(try slow.takeToMend(id).isTaken)
    let (id, gate) = (id, Gate())
    async let waiting = onThread {
      gate.arrived.withLock { $0 += 1 }
      return try Leases(store: store, patience: 1e6, holder: .elsewhere("fast")).discardDamaged(id)
    }
    while gate.arrived.withLock({ $0 }) == 0 { await Task.yield() }
    try await Task.sleep(for: .milliseconds(60))
    try store.discard(id)
    #expect(try await waiting == nil)
    #expect(slow.holds(id))
  }

  @Test func `a store that cannot be written is told`() throws {
    try Data().write(to: scratch.url.appendingPathComponent("file"))
    let store = JobStore(root: scratch.url.appendingPathComponent("file/.store"))
    #expect(throws: Diagnostic.self) { try Leases(store: store).take(id) }
  }
}
