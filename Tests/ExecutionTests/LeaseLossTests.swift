import Basics
import Execution
import Experiment
import Foundation
import Machine
import Specs
import TestSupport
import Testing

/// Leases that are lost, or that nobody can look at.
@Suite(.timeLimit(.minutes(1))) struct LeaseLossTests {
  private let scratch: Scratch
  private let id = JobID(number: 0x0123_4567_89ab_cdef)

  init() throws { scratch = try Scratch() }

  private var store: JobStore { scratch.store }

  /// The seconds of a machine.
  private final class Clock: Sendable {
    private let seconds = Lock(0.0)
    var now: Double { seconds.withLock { $0 } }
    func advance(_ by: Double) { seconds.withLock { $0 += by } }
  }

  private func run(_ host: String, patience: Double = 1e6, clock: Clock? = nil) -> Leases {
    var now: (@Sendable () -> Double)?
    if let clock { now = { clock.now } }
    return Leases(store: store, patience: patience, holder: .elsewhere(host), now: now)
  }

  @Test func `silence counts only while the reader looks`() throws {
    let clock = Clock()
    let (owner, reader) = (run("alpha"), run("beta", patience: 180, clock: clock))
    #expect(try owner.take(id).isTaken)
    #expect(try !reader.take(id).isTaken)
    // It stood still for an hour, as its owner may have: both have heard nothing.
    clock.advance(3600)
    #expect(try !reader.take(id).isTaken)
    for _ in 0..<22 {
      clock.advance(8)
      #expect(try !reader.take(id).isTaken)
    }
    // Some seconds before the end it stands still again.
    clock.advance(20)
    for _ in 0..<23 {
      #expect(try !reader.take(id).isTaken)
      clock.advance(8)
    }
    #expect(try reader.take(id).from == .elsewhere("alpha"))
  }

  @Test func `an owner learns of a job that it has lost, and keeps the others`() throws {
    let (slept, other) = (run("alpha"), run("beta", patience: 0))
    let kept = JobID(number: 2)
    let lost = Lock<[JobID]>([])
    slept.onLoss { id in lost.withLock { $0.append(id) } }
    for id in [id, kept] { #expect(try slept.take(id).isTaken) }
    slept.beat()
    #expect(lost.withLock { $0 }.isEmpty)
    #expect(try !other.take(id).isTaken && other.take(id).isTaken)
    for _ in 0..<2 { slept.beat() }
    #expect(lost.withLock { $0 } == [id])
    #expect(!slept.holds(id) && slept.holds(kept))
  }

  @Test func `what is not held is not finished: the lease of whoever has it stays`() throws {
    for isTold in [true, false] {
      let id = JobID(number: isTold ? 1 : 2)
      let (slept, other) = (run("alpha"), run("beta", patience: 0))
      #expect(try slept.take(id).isTaken)
      #expect(try !other.take(id).isTaken && other.take(id).isTaken)
      if isTold { slept.beat() }
      slept.finish(id)
      run("gamma").finish(id)
      #expect(other.holds(id) && store.holders()[id] == .elsewhere("beta"))
      #expect(try run("gamma").take(id) == .held(by: .elsewhere("beta")))
      try store.put(id, .trained())
      other.finish(id)
      #expect(!store.names.contains { $0.hasPrefix("lease-\(id)") })
    }
  }

  @Test func `what was begun under a lost lease becomes no result`() throws {
    let (slept, other) = (run("alpha"), run("beta", patience: 0))
    guard case .taken(let token, nil) = try slept.take(id) else { throw Diagnostic("it was not taken") }
    #expect(try !other.take(id).isTaken && other.take(id).isTaken)
    // Its folder is gone by then; one that it makes again is no better.
    let told = #expect(throws: Diagnostic.self) { try store.put(id, .trained(), under: token) }
    #expect(told?.what.hasPrefix("another run has taken the job over") == true)
    #expect(!store.contains(id))
    #expect(throws: Diagnostic.self) { try store.put(id, .trained(), under: "another's") }
    other.release(id)
    guard case .taken(let token, nil) = try slept.take(id) else { throw Diagnostic("it was not taken") }
    try store.put(id, .trained(), under: token)
    #expect(store.contains(id))
  }

  @Test func `leases that cannot be read speak for their owners`() throws {
    // A folder in place of the file: it is there, and no read succeeds.
    let lease = store.root.appendingPathComponent("lease-\(id).1")
    try FileManager.default.createDirectory(at: lease, withIntermediateDirectories: true)
    let attempt = try store.beginAttempt(id, "token")
    let told = #expect(throws: Diagnostic.self) { try run("beta").take(id) }
    #expect(told?.what.hasPrefix("cannot read the lease") == true && told?.place?.file == lease.path)
    store.sweep()
    #expect(FileManager.default.fileExists(atPath: attempt.path))
    try FileManager.default.removeItem(at: lease)
    store.sweep()
    #expect(!FileManager.default.fileExists(atPath: attempt.path))
  }

  @Test func `leases behind a gap go with a finished job`() throws {
    let alpha = run("alpha")
    #expect(try alpha.take(id).isTaken)
    let lease = try Data(contentsOf: store.root.appendingPathComponent("lease-\(id).1"))
    for number in [2, 4] { try lease.write(to: store.root.appendingPathComponent("lease-\(id).\(number)")) }
    try store.put(id, .trained())
    alpha.finish(id)
    #expect(store.names == [id.hex, "lease-\(id).4"])
    store.sweep()
    #expect(store.names == [id.hex])
  }
}
