import Basics
import Execution
import Experiment
import Foundation
import Specs

/// Shows a run: one living line on a terminal, plain lines elsewhere.
final class ProgressDisplay: @unchecked Sendable {
  // The lock guards all of it: events come from several tasks.
  private let lock = NSLock()
  private let plan: Plan
  private let total: Int
  private let workers: Int
  private let isQuiet: Bool
  private let isVerbose: Bool
  private let clock: WorkClock
  private var done: Int
  private var failed = 0
  /// Jobs done in this run, without those that were in the store before.
  private var doneNow = 0
  private var told: [String: String] = [:]
  /// What a worker is at.
  private struct Active {
    let job: PlannedJob
    let began: UInt64
    var share = 0.0
    var note = ""

    /// Rows a second so far; nil where it has not said how far it is.
    func rate(at now: UInt64) -> Double? {
      let seconds = Double(now - began) / 1e9
      return share > 0 && seconds > 0 ? share * job.work.rows / seconds : nil
    }
  }

  private var active: [Int: Active] = [:]
  private var arithmetic: Double?
  /// What was last said about the time that is left, and when: playing thousands of jobs through takes some milliseconds.
  private var left = (seconds: 0.0, at: UInt64(0))
  private var remaining: [JobID: PlannedJob] = [:]
  private var lastLine = DispatchTime.now().uptimeNanoseconds
  private let started = DispatchTime.now().uptimeNanoseconds

  init(
    plan: Plan, store: JobStore, clock: WorkClock, workers: Int, isQuiet: Bool, isVerbose: Bool
  ) {
    self.plan = plan
    self.clock = clock
    self.workers = workers
    self.isQuiet = isQuiet
    self.isVerbose = isVerbose
    total = plan.jobs.count
    for job in plan.jobs where !store.contains(job.id) { remaining[job.id] = job }
    done = total - remaining.count
    if !isQuiet, !remaining.isEmpty {
      let cached = done > 0 ? ", \(done) of them done" : ""
      Console.note(
        "\(plan.experiment): \(counted(plan.models.count, "model")), \(counted(total, "job"))\(cached), "
          + counted(workers, "worker"))
    }
  }

  /// Whether nothing is left to do.
  var isDone: Bool { lock.withLock { remaining.isEmpty } }

  /// Processor seconds of the jobs done in this run that went into training, merging and predicting; nil where none was
  /// done.
  var arithmeticSeconds: Double? { lock.withLock { arithmetic } }

  /// Takes an event.
  func show(_ event: RunEvent) {
    lock.withLock {
      switch event {
      case .started(let job, let worker):
        active[worker] = Active(job: job, began: DispatchTime.now().uptimeNanoseconds)
      case .progress(_, let worker, let share, let note):
        active[worker]?.share = share
        active[worker]?.note = note
      case .finished(let job, let worker, let cost):
        active[worker] = nil
        remaining[job.id] = nil
        done += 1
        doneNow += 1
        // The scheduler's clock is this one, and has learned.
        if let seconds = cost.arithmeticSeconds { arithmetic = (arithmetic ?? 0) + seconds }
        if isVerbose { line("done \(job.label) in \(spoken(seconds: cost.wallSeconds))") }
      case .failed(let job, let worker, let diagnostic):
        active[worker] = nil
        remaining[job.id] = nil
        failed += 1
        Console.status(nil)
        // One cause, such as a full disk, is told once.
        if let first = told["\(diagnostic)"] {
          Console.error("failed: \(job.label), as \(first)")
        } else {
          told["\(diagnostic)"] = job.label
          Console.error("failed: \(job.label)\n\(diagnostic)")
        }
      case .skipped(let job, _):
        remaining[job.id] = nil
        if isVerbose { line("skipped \(job.label): what it needs failed") }
      }
      refresh()
    }
  }

  /// Clears the living line and says the total.
  func close() {
    lock.withLock {
      Console.status(nil)
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - started) / 1e9
      if !isQuiet, seconds > 2 {
        Console.note("\(done) of \(total) jobs done in \(spoken(seconds: seconds))")
      }
    }
  }

  /// Ten times a second on a terminal, every ten seconds elsewhere.
  private func refresh() {
    let now = DispatchTime.now().uptimeNanoseconds
    guard !isQuiet, now - lastLine > (Console.isTerminal ? 100_000_000 : 10_000_000_000) else { return }
    lastLine = now
    let jobs = active.keys.sorted().compactMap { active[$0] }.map { entry in
      entry.job.label + (entry.share > 0 ? " \(Int(entry.share * 100)) %" : "")
        + (entry.note.isEmpty ? "" : " \(entry.note)")
    }
    let rest = remaining.isEmpty ? "" : ", about \(spoken(seconds: secondsLeft(now))) left"
    let training = active.values.filter { $0.job.spec.kind == "train" }.compactMap { $0.rate(at: now) }
    let rows = training.isEmpty ? "" : ", training \(Int(training.reduce(0, +).rounded())) rows/s"
    let minutes = Double(now - started) / 60e9
    let rate = doneNow > 0 ? ", \(Int((Double(doneNow) / minutes).rounded())) jobs/min" : ""
    let head = "\(done)/\(total)\(failed > 0 ? ", \(failed) failed" : "")\(rate)\(rows)\(rest)"
    let text = ([head] + jobs).joined(separator: " | ")
    if Console.isTerminal { Console.status(text) } else { Console.note(text) }
  }

  /// What the clock expects of all that is open, played through by the workers.
  private func secondsLeft(_ now: UInt64) -> Double {
    if left.at > 0, now - left.at < 2_000_000_000 { return left.seconds }
    var shares: [JobID: Double] = [:]
    for entry in active.values { shares[entry.job.id] = entry.share }
    let seconds = Makespan.seconds(
      of: plan, workers: workers, isFinished: { remaining[$0] == nil },
      seconds: { clock.seconds($0) * (1 - shares[$0.id, default: 0]) })
    left = (seconds, now)
    return seconds
  }

  private func line(_ text: String) {
    Console.status(nil)
    Console.note(text)
  }
}
