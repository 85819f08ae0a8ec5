import Basics
import Execution
import Experiment
import Foundation
import Specs

/// Shows a run: one living line on a terminal, plain lines elsewhere.
final class ProgressDisplay: @unchecked Sendable {
  // The lock guards all of it: events come from several tasks.
  private let lock = NSLock()
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
  private var active: [Int: (job: PlannedJob, share: Double, note: String)] = [:]
  private var remaining: [JobID: PlannedJob] = [:]
  private var lastLine = DispatchTime.now().uptimeNanoseconds
  private let started = DispatchTime.now().uptimeNanoseconds

  init(plan: Plan, store: JobStore, workers: Int, isQuiet: Bool, isVerbose: Bool) {
    self.workers = workers
    self.isQuiet = isQuiet
    self.isVerbose = isVerbose
    total = plan.jobs.count
    clock = WorkClock(plan: plan, store: store)
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

  /// Takes an event.
  func show(_ event: RunEvent) {
    lock.withLock {
      switch event {
      case .started(let job, let worker): active[worker] = (job, 0, "")
      case .progress(let job, let worker, let share, let note): active[worker] = (job, share, note)
      case .finished(let job, let worker, let cost):
        active[worker] = nil
        remaining[job.id] = nil
        done += 1
        doneNow += 1
        clock.learn(job, cost)
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
    var seconds = remaining.values.reduce(0) { $0 + clock.seconds($1) }
    for entry in active.values { seconds -= entry.share * clock.seconds(entry.job) }
    let rest = remaining.isEmpty ? "" : ", about \(spoken(seconds: seconds / Double(workers))) left"
    let minutes = Double(now - started) / 60e9
    let rate = doneNow > 0 ? ", \(Int((Double(doneNow) / minutes).rounded())) jobs/min" : ""
    let head = "\(done)/\(total)\(failed > 0 ? ", \(failed) failed" : "")\(rate)\(rest)"
    let text = ([head] + jobs).joined(separator: " | ")
    if Console.isTerminal { Console.status(text) } else { Console.note(text) }
  }

  private func line(_ text: String) {
    Console.status(nil)
    Console.note(text)
  }
}
