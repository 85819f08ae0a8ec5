public import Basics
internal import Foundation
public import Machine
public import Specs

/// Which jobs this process does, out of those of all processes on all machines that share a store.
///
/// An attempt at a job has one owner, which holds the job's lease and shows in it that it lives: a number that grows. Nobody
/// believes the clock of another machine. A lease is stale where its content, read through a fresh open, has been the same
/// for three minutes of the reader's own clock in which the reader looked all the time, or where its process is of this
/// machine and has ended; then it is followed by another one. The one that it is taken from, should it wake up again, finds
/// its attempt gone, is told, and can make nothing the job's result.
public final class Leases: Sendable {
  /// What came of asking for a job.
  public enum Answer: Sendable, Hashable {
    /// It is this process's; nobody else begins it.
    ///
    /// - Parameters:
    ///   - token: Names the attempt.
    ///   - from: Who had it before and did not finish it.
    case taken(token: String, from: ProcessIdentity?)
    /// It stands in the store.
    case done
    /// Somebody is at it; nil where that one is just beginning.
    case held(by: ProcessIdentity?)
  }

  /// Seconds of silence after which an owner is taken for dead.
  public static let patience = 180.0
  /// Signs of life in that time.
  private static let beats = 6.0
  /// Seconds between two looks above which the reader itself stood still, or could not read: what it did not hear
  /// meanwhile is no silence.
  private static let blink = 10.0

  private struct Held {
    var number: Int
    var record: LeaseRecord
  }

  /// What was read of another one's lease, since when it is the same, and when it was looked at last.
  private struct Seen {
    var content: Data
    var since: Double
    var looked: Double
  }

  private struct State {
    var held: [JobID: Held] = [:]
    var seen: [JobID: Seen] = [:]
    var isBeating = false
    /// Hears of jobs that were taken over.
    var onLoss: @Sendable (JobID) -> Void = { _ in }
  }

  private let state = Lock(State())
  /// What is written last to a lease must be what was decided last.
  private let writing = Lock(())
  let store: JobStore
  private let patience: Double
  /// Who takes them.
  let holder: ProcessIdentity
  private let beforeWriting: @Sendable (JobID) -> Void
  /// Seconds of a clock that only goes forward.
  private let now: @Sendable () -> Double
  /// Leases made by this process, so that no two are alike.
  private static let made = Lock(0)

  /// Prepares leases; nothing is written before the first one is taken.
  ///
  /// - Parameters:
  ///   - patience: Other than three minutes in tests only: all that share a store must agree on it.
  public convenience init(store: JobStore, patience: Double = Leases.patience) {
    self.init(store: store, patience: patience, holder: .current)
  }

  /// The same for tests.
  ///
  /// - Parameters:
  ///   - holder: Another machine.
  ///   - now: Its clock; nil takes this machine's.
  ///   - beforeWriting: What happens between reading and writing.
  package init(
    store: JobStore, patience: Double, holder: ProcessIdentity, now: (@Sendable () -> Double)? = nil,
    beforeWriting: @escaping @Sendable (JobID) -> Void = { _ in }
  ) {
    let watch = Stopwatch()
    self.now = now ?? { watch.seconds }
    self.store = store
    self.patience = patience
    self.holder = holder
    self.beforeWriting = beforeWriting
  }

  /// Takes a job that nobody is at.
  ///
  /// Of several that find it free, or its lease stale, one gets it.
  /// - Throws: a `Diagnostic` where the store cannot be written.
  public func take(_ id: JobID) throws(Diagnostic) -> Answer { try take(id, mending: false) }

  /// Takes a damaged result out of the store, so that its job is done anew; one run at a time, which looks again whether another
  /// has mended it.
  ///
  /// Waits for whoever is at the job while a result stands there. Every byte is read before that and, once the lease is got,
  /// again; not while another one has it, which may be for minutes.
  /// - Returns: What was wrong with it; nil where nothing is any more.
  public func discardDamaged(_ id: JobID) throws -> Diagnostic? {
    // A commit writes the record of files anew: while it is the same, nothing has been mended.
    func record() -> String? {
      try? FileHashes.key(store.folder(id).appendingPathComponent(JobStore.recordName).path)
    }
    var known = record()
    if store.damage(id, .bytes) == nil { return nil }
    while true {
      if case .taken = try takeToMend(id) { break }
      let now = record()
      if now != known {
        known = now
        // Who took it out of the store does it anew, or has done so and not let go of it yet.
        if store.damage(id, .bytes) == nil { return nil }
      }
      Thread.sleep(forTimeInterval: 0.05)
    }
    guard let damage = store.damage(id, .bytes) else {
      if store.isWhole(id) { finish(id) } else { release(id) }
      return nil
    }
    defer { release(id) }
    try store.discard(id)
    return damage
  }

  /// Takes a job though it stands in the store, which a sweep then leaves its lease.
  package func takeToMend(_ id: JobID) throws(Diagnostic) -> Answer { try take(id, mending: true) }

  /// - Parameter mending: Whether the job is taken where it stands in the store too.
  private func take(_ id: JobID, mending: Bool) throws(Diagnostic) -> Answer {
    // What another run is about to drop or to mend is not done: its lease is waited for.
    if !mending, store.isWhole(id), try store.owner(of: id)?.mends != true {
      forget(id)
      return .done
    }
    // Before the files are read: what has been the same since then has been so for as long at least.
    let now = now()
    let chain = try store.leaseChain(id)
    let last = chain.last
    if let last, isAlive(last.content, last.record, of: id, at: now) { return .held(by: last.record?.holder) }
    let number = chain.records.count + 1
    let record = LeaseRecord(
      holder: holder, previous: last?.record?.token ?? "", token: token(id, number), mends: mending)
    beforeWriting(id)
    guard try store.makeLease(id, number, record) else { return .held(by: nil) }
    // Whoever slept between reading and writing finds here what became of the job meanwhile.
    let isDone = !mending && store.isWhole(id)
    // What cannot be read does not count.
    let counts = (try? store.leaseChain(id))?.ends(with: record, after: last?.content) ?? false
    if isDone || !counts {
      var withdrawn = record
      withdrawn.withdraw()
      store.writeLease(id, number, withdrawn)
      if isDone { store.removeLeases(id, number) }
      forget(id)
      return isDone ? .done : .held(by: nil)
    }
    forget(id)
    if let before = last?.record { store.abandonAttempt(id, before.token) }
    state.withLock { $0.held[id] = Held(number: number, record: record) }
    beatFromNowOn()
    let isReleased = last?.record?.isReleased ?? true
    return .taken(token: record.token, from: isReleased ? nil : last?.record?.holder)
  }

  /// Whether this process still holds the lease of a job: not where it slept for so long that another one took it.
  public func holds(_ id: JobID) -> Bool {
    guard let held = state.withLock({ $0.held[id] }) else { return false }
    return !store.isTaken(id, fromHolderOf: held.record.token)
  }

  /// Names who hears of each job that another run has taken from this one, so that nobody works on for nothing.
  package func onLoss(_ body: @escaping @Sendable (JobID) -> Void) { state.withLock { $0.onLoss = body } }

  /// Lets go of a job that stands in the store; nothing where this process does not hold it, or no longer.
  public func finish(_ id: JobID) {
    guard let held = state.withLock({ $0.held.removeValue(forKey: id) }) else { return }
    // Lost, and not heard of yet: the leases are those of whoever took it over.
    if !store.isTaken(id, fromHolderOf: held.record.token) { store.removeLeases(id, held.number) }
  }

  /// Lets go of a job that is not done, so that others need not wait; what was begun goes away.
  public func release(_ id: JobID) {
    writing.withLock { _ in
      guard var held = state.withLock({ $0.held.removeValue(forKey: id) }) else { return }
      store.abandonAttempt(id, held.record.token)
      held.record.release()
      store.writeLease(id, held.number, held.record)
    }
  }

  /// Lets go of all jobs that are not done.
  public func releaseAll() {
    for id in state.withLock({ $0.held.keys.sorted { $0.hex < $1.hex } }) { release(id) }
  }

  /// Shows once that this process lives, and tells of jobs that another one has taken from it.
  package func beat() {
    for id in state.withLock({ Array($0.held.keys) }) {
      let isLost = writing.withLock { _ in
        guard var held = state.withLock({ $0.held[id] }) else { return false }
        if store.isTaken(id, fromHolderOf: held.record.token) {
          state.withLock { $0.held[id] = nil }
          return true
        }
        held.record.beatAgain()
        // What cannot be written now is written the next time; the file of another one is not written at all.
        guard store.writeLease(id, held.number, held.record) else { return false }
        state.withLock { state in
          if state.held[id] != nil { state.held[id] = held }
        }
        return false
      }
      if isLost { state.withLock({ $0.onLoss })(id) }
    }
  }

  private func forget(_ id: JobID) { state.withLock { $0.seen[id] = nil } }

  /// Whether the last lease of a job may still be its owner's.
  private func isAlive(_ content: Data, _ record: LeaseRecord?, of id: JobID, at now: Double) -> Bool {
    if let record, record.isReleased || record.holder.isGone { return false }
    return state.withLock { state in
      guard var seen = state.seen[id], seen.content == content else {
        state.seen[id] = Seen(content: content, since: now, looked: now)
        return true
      }
      if now - seen.looked > Leases.blink { seen.since = now }
      seen.looked = now
      state.seen[id] = seen
      return now - seen.since < patience
    }
  }

  private func token(_ id: JobID, _ number: Int) -> String {
    let count = Leases.made.withLock { made in
      made += 1
      return made
    }
    let parts = [holder.machine, holder.host, "\(holder.process)", holder.started, id.hex, "\(number)"]
    return String(StableHash.hex(Data((parts + ["\(count)"]).joined(separator: " ").utf8)).prefix(16))
  }

  /// Starts the thread that shows that this process lives; it ends where nothing is held any more.
  private func beatFromNowOn() {
    let isNew = state.withLock { state in
      defer { state.isBeating = true }
      return !state.isBeating
    }
    guard isNew else { return }
    let thread = Thread { [self] in
      repeat {
        Thread.sleep(forTimeInterval: patience / Leases.beats)
        beat()
      } while state.withLock { state in
        state.isBeating = !state.held.isEmpty
        return state.isBeating
      }
    }
    thread.name = "leases"
    thread.start()
  }
}

extension JobStore.LeaseChain {
  /// Whether a lease is the last one and the one that counted before it is still as it was read.
  fileprivate func ends(with record: LeaseRecord, after before: Data?) -> Bool {
    guard records.last?.record == record else { return false }
    let rest = JobStore.LeaseChain(records: records.dropLast())
    return rest.last?.content == before
  }
}
