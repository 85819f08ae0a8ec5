public import Experiment
internal import Foundation
public import Specs

/// Turns planned arithmetic into seconds, from what jobs of the same kind cost so far.
public final class WorkClock: @unchecked Sendable {
  // The lock guards the two tables.
  private let lock = NSLock()
  private var flops: [String: Double] = [:]
  private var seconds: [String: Double] = [:]
  private let known: Int

  /// FLOP/s of one worker where nothing was measured yet; merges and evaluations of tiny models are bound by other things.
  private static let guess = 60e9
  /// Seconds that a job costs beside its arithmetic.
  private static let overhead = 0.02

  /// Learns from the plan's jobs that are in the store.
  public init(plan: Plan, store: JobStore) {
    var known = 0
    for job in plan.jobs {
      guard let cost = store.contains(job.id) ? store.cost(job.id) : nil else { continue }
      flops[job.spec.kind, default: 0] += job.flops
      seconds[job.spec.kind, default: 0] += cost.wallSeconds
      known += 1
    }
    self.known = known
  }

  /// Learns from a job that was just done.
  public func learn(_ job: PlannedJob, _ cost: JobCost) {
    lock.withLock {
      flops[job.spec.kind, default: 0] += job.flops
      seconds[job.spec.kind, default: 0] += cost.wallSeconds
    }
  }

  /// The seconds that a job will take on one worker.
  public func seconds(_ job: PlannedJob) -> Double {
    lock.withLock {
      let kind = job.spec.kind
      if let flops = flops[kind], let seconds = seconds[kind], flops > 0 {
        return max(0.001, job.flops * seconds / flops)
      }
      return WorkClock.overhead + job.flops / WorkClock.guess
    }
  }

  /// Megabytes that some waiting jobs will add to the store, roughly.
  public func megabytes(waiting: Set<String>) -> Double {
    Double(waiting.count) * 0.4
  }

  /// What the estimate rests on.
  public var basis: String {
    known > 0
      ? "from \(known) jobs that are done"
      : "from a guess of \(Int(WorkClock.guess / 1e9)) GFLOP/s, nothing is measured yet"
  }
}
