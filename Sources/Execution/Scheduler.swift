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
}

/// Runs the jobs of a plan that are not in the store yet, each after its inputs, on some workers.
///
/// The order of the plan decides among jobs that are ready, so a run is the same for one worker as for many but for
/// what overlaps; results do not depend on it at all.
public actor Scheduler {
  private let plan: Plan
  private let store: JobStore
  private let runners: [any JobRunner]
  private let keepGoing: Bool
  private let report: @Sendable (RunEvent) -> Void
  private let clock: WorkClock

  private var waiting: [PlannedJob] = []
  private var finished: Set<JobID> = []
  private var broken: [JobID: JobID] = [:]
  private var running = 0
  private var summary = RunSummary()
  private var idle: [CheckedContinuation<Void, Never>] = []

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - runners: One for each worker.
  ///   - keepGoing: Whether jobs that do not depend on a failed one still run.
  public init(
    plan: Plan, store: JobStore, runners: [any JobRunner], keepGoing: Bool,
    report: @escaping @Sendable (RunEvent) -> Void
  ) {
    self.plan = plan
    self.store = store
    self.runners = runners
    self.keepGoing = keepGoing
    self.report = report
    clock = WorkClock(plan: plan, store: store)
    for job in plan.jobs {
      if store.contains(job.id) {
        finished.insert(job.id)
        summary.cached += 1
      } else {
        waiting.append(job)
      }
    }
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
      skipBroken()
      if summary.failed > 0, !keepGoing { break }
      guard let position = waiting.firstIndex(where: isReady) else {
        // Nothing is ready: either others will make something ready, or all is done.
        if waiting.isEmpty || running == 0 { break }
        await withCheckedContinuation { idle.append($0) }
        continue
      }
      let job = waiting.remove(at: position)
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
      finished.insert(job.id)
      clock.learn(job, cost)
      summary.done += 1
      report(.finished(job, worker: index, cost))
    } catch is CancellationError {
      // The run was interrupted: the job did not fail, and nothing else may start.
      waiting = []
    } catch {
      let diagnostic = error as? Diagnostic ?? Diagnostic("\(error)")
      broken[job.id] = job.id
      summary.failed += 1
      try? store.recordFailure(diagnostic, of: job.id)
      report(.failed(job, worker: index, diagnostic))
    }
  }

  private func isReady(_ job: PlannedJob) -> Bool {
    job.spec.inputs.allSatisfy(finished.contains)
  }

  /// Takes jobs that depend on a failed one out of the queue; plan order makes one pass enough.
  private func skipBroken() {
    waiting.removeAll { job in
      guard let cause = job.spec.inputs.compactMap({ broken[$0] }).first else { return false }
      broken[job.id] = cause
      summary.skipped += 1
      report(.skipped(job, because: cause))
      return true
    }
  }

  private func wake() {
    let sleepers = idle
    idle = []
    for sleeper in sleepers { sleeper.resume() }
  }
}
