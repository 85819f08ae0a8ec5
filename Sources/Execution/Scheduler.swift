public import Basics
public import Experiment
internal import Foundation
public import Machine
public import Specs

/// What happens while a plan runs.
public enum RunEvent: Sendable {
  /// A worker took a job.
  case started(PlannedJob, worker: Int)
  /// A job is so far.
  case progress(PlannedJob, worker: Int, share: Double, note: String)
  /// A job is done.
  case finished(PlannedJob, worker: Int, JobCost)
  /// A job failed.
  case failed(PlannedJob, worker: Int, Diagnostic)
  /// A worker let go of a job that another run has taken over.
  case stopped(PlannedJob, worker: Int)
  /// Another run is at a job; told again while it is waited for, nil where that one has not yet said who it is.
  case held(PlannedJob, by: ProcessIdentity?)
  /// Another run did a job; nil where the job's record does not say which.
  case doneElsewhere(PlannedJob, by: String?)
  /// A job is done here that another run began and did not finish; comes before `started`.
  case tookOver(PlannedJob, from: ProcessIdentity)
  /// A job cannot run because of the failure of another one.
  case skipped(PlannedJob, because: JobID)
  /// No job starts any more: what the system refused to one of them, with what the rest needs, it will refuse to all.
  case halted(PlannedJob, worker: Int, Diagnostic)
}

/// How a run ended.
public struct RunSummary: Sendable, Equatable {
  /// Jobs that were in the store before.
  public var cached = 0
  /// Jobs done now.
  public var done = 0
  /// Jobs that another run did meanwhile.
  public var elsewhere = 0
  /// Jobs that failed.
  public var failed = 0
  /// Jobs that could not run because of a failed one.
  public var skipped = 0
  /// Whether no more jobs were handed out because the store takes no more.
  public var isHalted = false

  /// Adds another run.
  public static func += (sum: inout RunSummary, other: RunSummary) {
    sum.cached += other.cached
    sum.done += other.done
    sum.elsewhere += other.elsewhere
    sum.failed += other.failed
    sum.skipped += other.skipped
    sum.isHalted = sum.isHalted || other.isHalted
  }
}

/// Runs the jobs of a plan that are not in the store yet, each after its inputs, on some workers.
///
/// `JobQueue` decides among jobs that are ready; results do not depend on it at all. What another run is at is left to it
/// while there is something else to do, and then waited for.
public actor Scheduler {
  private let plan: Plan
  private let store: JobStore
  private let runners: [any JobRunner]
  private let keepGoing: Bool
  private let report: @Sendable (RunEvent) -> Void
  private let clock: WorkClock
  private let leases: Leases

  private var queue: JobQueue
  private var running = 0
  /// Which worker is at a job.
  private var working: [JobID: Int] = [:]
  private var summary = RunSummary()
  private var idle: [CheckedContinuation<Void, Never>] = []
  /// Jobs that another run is at.
  private var held: [PlannedJob] = []
  /// Whether a worker looks after them; the others sleep.
  private var isWatched = false
  /// Seconds between two looks: one job of another run is an open file and a few bytes.
  private static let look = 0.2

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - runners: One for each worker.
  ///   - keepGoing: Whether jobs that do not depend on a failed one still run.
  ///   - clock: Expects how long jobs take; one that learns from the store where none is given.
  ///   - leases: Keep other runs from doing the same.
  public init(
    plan: Plan, store: JobStore, runners: [any JobRunner], keepGoing: Bool, clock: WorkClock? = nil,
    leases: Leases? = nil, report: @escaping @Sendable (RunEvent) -> Void
  ) {
    self.plan = plan
    self.store = store
    self.runners = runners
    self.keepGoing = keepGoing
    self.report = report
    let clock = clock ?? WorkClock(plan: plan, store: store)
    self.clock = clock
    self.leases = leases ?? Leases(store: store)
    let progress = store.progress(of: plan, looksAtFiles: false)
    summary.cached = plan.jobs.count { !progress.isOpen($0.id) }
    queue = JobQueue(
      plan.jobs, workers: runners.count, isFinished: { !progress.isOpen($0) }, seconds: clock.seconds)
  }

  /// Runs until nothing is left that can run.
  public func run() async -> RunSummary {
    leases.onLoss { [weak self] id in Task { await self?.abandon(id) } }
    await withTaskGroup(of: Void.self) { group in
      for index in runners.indices {
        group.addTask { await self.work(index) }
      }
    }
    for runner in runners { await runner.stop() }
    return summary
  }

  private func work(_ index: Int) async {
    while !Task.isCancelled {
      if summary.failed > 0, !keepGoing { break }
      if let next = next(index) {
        await perform(next, index)
      } else if !held.isEmpty, !isWatched {
        isWatched = true
        try? await Task.sleep(for: .seconds(Scheduler.look))
        let found = nextHeld(index)
        isWatched = false
        // Another one looks on, or does what has become possible.
        wake()
        if let found { await perform(found, index) }
      } else if held.isEmpty, queue.isEmpty || running == 0 {
        // Nothing is ready: either others will make something ready, or all is done.
        break
      } else {
        await withCheckedContinuation { idle.append($0) }
      }
    }
    wake()
  }

  /// A job that this run does, and the token of its attempt.
  private typealias Taken = (job: PlannedJob, token: String)

  /// The next job of the queue that nobody is at.
  private func next(_ worker: Int) -> Taken? {
    while let job = queue.next() {
      if let taken = take(job, worker) { return taken }
    }
    return nil
  }

  /// One of the jobs that others are at that has become free.
  private func nextHeld(_ worker: Int) -> Taken? {
    let jobs = held
    held = []
    for (index, job) in jobs.enumerated() {
      guard let taken = take(job, worker) else { continue }
      held += jobs[(index + 1)...]
      return taken
    }
    return nil
  }

  private func take(_ job: PlannedJob, _ worker: Int) -> Taken? {
    do throws(Diagnostic) {
      switch try leases.take(job.id) {
      case .taken(let token, let from):
        if let from { report(.tookOver(job, from: from)) }
        return (job, token)
      case .done:
        let cost = store.cost(job.id)
        if let cost { clock.learn(job, cost) }
        queue.finish(job.id)
        summary.elsewhere += 1
        report(.doneElsewhere(job, by: cost?.run))
      case .held(let holder):
        held.append(job)
        report(.held(job, by: holder))
      }
    } catch {
      fail(job, worker: worker, error)
    }
    return nil
  }

  /// Another run has taken a job over: whoever is at it here would work for nothing.
  private func abandon(_ id: JobID) async {
    if let index = working[id] { await runners[index].abandon(id) }
  }

  private func perform(_ taken: Taken, _ index: Int) async {
    let job = taken.job
    running += 1
    working[job.id] = index
    defer { working[job.id] = nil }
    report(.started(job, worker: index))
    let request = WorkRequest(
      id: job.id, spec: job.spec, attempt: taken.token, run: leases.holder.description,
      store: store.root.path, locations: plan.locations, predictedSeconds: clock.seconds(job))
    let report = report
    do {
      let cost = try await runners[index].run(request) { share, note in
        report(.progress(job, worker: index, share: share, note: note))
      }
      leases.finish(job.id)
      queue.finish(job.id)
      clock.learn(job, cost)
      summary.done += 1
      report(.finished(job, worker: index, cost))
    } catch is CancellationError {
      // The run was interrupted: the job did not fail, and nothing else may start.
      queue.clear()
      held = []
    } catch {
      let isOwn = leases.holds(job.id)
      leases.release(job.id)
      if isOwn {
        fail(job, worker: index, error as? Diagnostic ?? Diagnostic("\(error)"))
      } else {
        // This process slept for so long that another run took the job over.
        held.append(job)
        report(.stopped(job, worker: index))
      }
    }
    running -= 1
    wake()
  }

  private func fail(_ job: PlannedJob, worker: Int, _ diagnostic: Diagnostic) {
    if let number = diagnostic.systemNumber, SystemRefusal.meetsEverything(number) {
      return halt(job, worker: worker, diagnostic)
    }
    summary.failed += 1
    try? store.recordFailure(diagnostic, of: job.id)
    report(.failed(job, worker: worker, diagnostic))
    for skipped in queue.fail(job.id) {
      summary.skipped += 1
      report(.skipped(skipped, because: job.id))
    }
  }

  /// The store takes no more: the cause is told once, with what the rest needs, and no further job starts.
  ///
  /// Those that run may
  /// still get done.
  private func halt(_ job: PlannedJob, worker: Int, _ diagnostic: Diagnostic) {
    summary.failed += 1
    queue.clear()
    held = []
    // The others that fail of it have nothing new to say.
    if summary.isHalted { return report(.stopped(job, worker: worker)) }
    summary.isHalted = true
    var diagnostic = diagnostic
    if diagnostic.systemNumber != EIO, diagnostic.systemNumber != EROFS {
      diagnostic.hint = DiskSpace(plan, store.progress(of: plan, looksAtFiles: false), store).remedy
    }
    report(.halted(job, worker: worker, diagnostic))
  }

  private func wake() {
    let sleepers = idle
    idle = []
    for sleeper in sleepers { sleeper.resume() }
  }
}
