public import Basics
public import Experiment
internal import Foundation
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
  /// A job cannot run because of the failure of another one.
  case skipped(PlannedJob, because: JobID)
}

/// How a run ended.
public struct RunSummary: Sendable, Equatable {
  /// Jobs that were in the store before.
  public var cached = 0
  /// Jobs done now.
  public var done = 0
  /// Jobs that failed.
  public var failed = 0
  /// Jobs that could not run because of a failed one.
  public var skipped = 0

  /// Adds another run.
  public static func += (sum: inout RunSummary, other: RunSummary) {
    sum.cached += other.cached
    sum.done += other.done
    sum.failed += other.failed
    sum.skipped += other.skipped
  }
}

/// Runs the jobs of a plan that are not in the store yet, each after its inputs, on some workers.
///
/// `JobQueue` decides among jobs that are ready; results do not depend on it at all.
public actor Scheduler {
  private let plan: Plan
  private let store: JobStore
  private let runners: [any JobRunner]
  private let keepGoing: Bool
  private let report: @Sendable (RunEvent) -> Void
  private let clock: WorkClock

  private var queue: JobQueue
  private var running = 0
  private var summary = RunSummary()
  private var idle: [CheckedContinuation<Void, Never>] = []

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - runners: One for each worker.
  ///   - keepGoing: Whether jobs that do not depend on a failed one still run.
  ///   - clock: Expects how long jobs take; one that learns from the store where none is given.
  public init(
    plan: Plan, store: JobStore, runners: [any JobRunner], keepGoing: Bool, clock: WorkClock? = nil,
    report: @escaping @Sendable (RunEvent) -> Void
  ) {
    self.plan = plan
    self.store = store
    self.runners = runners
    self.keepGoing = keepGoing
    self.report = report
    let clock = clock ?? WorkClock(plan: plan, store: store)
    self.clock = clock
    let finished = store.finished()
    summary.cached = plan.jobs.count { finished.contains($0.id) }
    queue = JobQueue(
      plan.jobs, workers: runners.count, isFinished: finished.contains, seconds: clock.seconds)
  }

  /// Runs until nothing is left that can run.
  public func run() async -> RunSummary {
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
      guard let job = queue.next() else {
        // Nothing is ready: either others will make something ready, or all is done.
        if queue.isEmpty || running == 0 { break }
        await withCheckedContinuation { idle.append($0) }
        continue
      }
      running += 1
      report(.started(job, worker: index))
      await perform(job, index)
      running -= 1
      wake()
    }
    wake()
  }

  private func perform(_ job: PlannedJob, _ index: Int) async {
    let request = WorkRequest(
      id: job.id, spec: job.spec, store: store.root.path, locations: plan.locations,
      predictedSeconds: clock.seconds(job))
    let report = report
    do {
      let cost = try await runners[index].run(request) { share, note in
        report(.progress(job, worker: index, share: share, note: note))
      }
      queue.finish(job.id)
      clock.learn(job, cost)
      summary.done += 1
      report(.finished(job, worker: index, cost))
    } catch is CancellationError {
      // The run was interrupted: the job did not fail, and nothing else may start.
      queue.clear()
    } catch {
      let diagnostic = error as? Diagnostic ?? Diagnostic("\(error)")
      summary.failed += 1
      try? store.recordFailure(diagnostic, of: job.id)
      report(.failed(job, worker: index, diagnostic))
      for skipped in queue.fail(job.id) {
        summary.skipped += 1
        report(.skipped(skipped, because: job.id))
      }
    }
  }

  private func wake() {
    let sleepers = idle
    idle = []
    for sleeper in sleepers { sleeper.resume() }
  }
}
