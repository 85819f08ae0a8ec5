internal import Basics
public import Experiment
internal import Machine
public import Specs

/// Turns counted work into seconds: by the machine's speed at first, corrected by what jobs of the same kind took.
public final class WorkClock: Sendable {
  /// Seconds of the jobs that are done, by their kind.
  private struct Sums {
    var expected: [String: Double] = [:]
    var took: [String: Double] = [:]

    mutating func add(_ kind: String, expected: Double, took: Double) {
      self.expected[kind, default: 0] += expected
      self.took[kind, default: 0] += took
    }
  }

  private let sums: Lock<Sums>
  private let known: Int
  private let speed: MachineSpeed?

  /// What a worker gets done, beside the bare products of `MachineSpeed`.
  ///
  /// Calibrated on two Zen 5 cores at 225 GFLOP/s each (all-MiniLM-L6-v2 on FPB and the sets of the study; the quickstart's
  /// encoder of width 128): with nothing in the store `mixology plan`, then `run`, then the sums of wall_seconds by kind
  /// in costs.csv against predicted_seconds. `efficiency` is the share of the bare speed that a chain of products reaches;
  /// `elementFLOPs` is what one element-wise number costs in products, which makes small models slow; `overhead` is what
  /// a job costs beside its arithmetic.
  private struct Cost {
    var efficiency: Double
    var elementFLOPs: Double
    var overhead: Double
  }

  private static func cost(_ kind: String) -> Cost {
    switch kind {
    case "pretrain": Cost(efficiency: 0.92, elementFLOPs: 55, overhead: 0.5)
    case "train", "tune": Cost(efficiency: 0.92, elementFLOPs: 55, overhead: 0.03)
    case "statistics": Cost(efficiency: 0.7, elementFLOPs: 40, overhead: 0.03)
    case "merge": Cost(efficiency: 0.3, elementFLOPs: 60, overhead: 0.02)
    default: Cost(efficiency: 0.95, elementFLOPs: 35, overhead: 0.006)
    }
  }

  /// FLOP/s of one worker where nothing was measured.
  private static let guess = 100e9
  /// Seconds in which a worker opens a base and tokenises, before its first result.
  public static let start = 0.4
  /// Expected seconds that weigh as much as a job that took just that: one slow first job is not the rule.
  private static let trust = 1.0

  /// Learns from the plan's jobs that are in the store.
  public init(plan: Plan, store: JobStore, speed: MachineSpeed? = nil) {
    self.speed = speed
    var known = 0
    var sums = Sums()
    let finished = store.finished()
    for job in plan.jobs {
      // Another machine, or another kernel on this one, says nothing about this one's speed.
      guard let cost = finished.contains(job.id) ? store.cost(job.id) : nil,
        cost.machine == MachineFacts.machineAndKernel
      else { continue }
      sums.add(job.spec.kind, expected: WorkClock.seconds(job, speed), took: cost.wallSeconds)
      known += 1
    }
    self.known = known
    self.sums = Lock(sums)
  }

  /// Learns from a job that was just done.
  public func learn(_ job: PlannedJob, _ cost: JobCost) {
    let expected = WorkClock.seconds(job, speed)
    sums.withLock { $0.add(job.spec.kind, expected: expected, took: cost.wallSeconds) }
  }

  /// The seconds that a job will take on one worker: (flops + e·elements) ÷ (speed · efficiency) + overhead, those FLOPs that
  /// read bf16 by their own speed, times
  /// (Σ took + 1) ÷ (Σ expected + 1) over the jobs of its kind that are done.
  public func seconds(_ job: PlannedJob) -> Double {
    let seconds = WorkClock.seconds(job, speed)
    let kind = job.spec.kind
    return sums.withLock { sums in
      seconds * (sums.took[kind, default: 0] + WorkClock.trust)
        / (sums.expected[kind, default: 0] + WorkClock.trust)
    }
  }

  private static func seconds(_ job: PlannedJob, _ speed: MachineSpeed?) -> Double {
    let cost = cost(job.spec.kind)
    let rate = (speed?.flopsPerSecond ?? guess) * cost.efficiency
    let floats = job.work.flops - job.work.roundedFLOPs + cost.elementFLOPs * job.work.elements
    let rounded = (speed?.roundedFlopsPerSecond ?? 2 * (speed?.flopsPerSecond ?? guess)) * cost.efficiency
    return cost.overhead + floats / rate + job.work.roundedFLOPs / rounded
  }

  /// What the estimate rests on.
  public var basis: String {
    let gigaflops = Int((speed?.flopsPerSecond ?? WorkClock.guess) / 1e9)
    let measured =
      speed == nil
      ? "a guess of \(gigaflops) GFLOP/s a worker" : "\(gigaflops) GFLOP/s a worker, just measured"
    return known > 0
      ? "from \(measured), and \(known) \(known == 1 ? "job that is" : "jobs that are") done"
      : "from \(measured)"
  }
}
