import Basics
import Execution
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
    #expect(try !other.take(id).isTaken && other.take(id).isTaken)
    // Its attempt is gone, and with it what it would still write.
    #expect(throws: (any Error).self) { try Data().write(to: attempt.appendingPathComponent("x")) }
    slept.beat()
    slept.release(id)
    #expect(other.holds(id))
    #expect(try run("gamma").take(id) == .held(by: .elsewhere("beta")))
    slept.finish(JobID(number: 255))
    #expect(other.holds(id))
  }

  @Test func `one that sleeps between reading and writing sees what became of the job`() throws {
    let store = store
    // The job was done meanwhile, after which nobody holds it.
    let done = run("late") { id in
      let other = Leases(store: store, patience: 1e6, holder: .elsewhere("fast"))
      try? #expect(other.take(id).isTaken)
      try? store.put(id, .trained())
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
      try? #expect(other.take(id).isTaken)
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

  @Test func `a store that cannot be written is told`() throws {
    try Data().write(to: scratch.url.appendingPathComponent("file"))
    let store = JobStore(root: scratch.url.appendingPathComponent("file/.store"))
    #expect(throws: Diagnostic.self) { try Leases(store: store).take(id) }
  }
}
