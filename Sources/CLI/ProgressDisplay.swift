import Basics
import Execution
import Experiment
import Foundation
import Machine
import Specs
import Terminal

/// Shows a run: one living line on a terminal, plain lines elsewhere.
final class ProgressDisplay: Sendable {
  // Events come from several tasks.
  private let state: Lock<ProgressState>

  /// - Parameter toCome: About how many jobs follow when something is chosen.
  init(
    plan: Plan, toCome: Int = 0, store: JobStore, clock: WorkClock, workers: Int, isQuiet: Bool,
    isVerbose: Bool
  ) {
    let state = ProgressState(
      plan: plan, toCome: toCome, store: store, clock: clock, workers: workers, isQuiet: isQuiet,
      isVerbose: isVerbose)
    if !isQuiet, !state.remaining.isEmpty {
      let cached = state.done > 0 ? ", \(state.done) of them done" : ""
      Console.note(
        "\(plan.experiment): \(plan.modelWords), \(counted(plan.jobs.count, "job"))\(cached), "
          + counted(workers, "worker")
          + (toCome > 0 ? "; then about \(counted(toCome, "job")) of what validation chooses" : ""))
    }
    self.state = Lock(state)
  }

  /// Whether nothing is left to do.
  var isDone: Bool { state.withLock { $0.remaining.isEmpty } }

  /// Processor seconds of the jobs done in this run that went into training, merging and predicting; nil where none was
  /// done.
  var arithmeticSeconds: Double? { state.withLock { $0.arithmetic } }

  /// Takes an event.
  func show(_ event: RunEvent) { state.withLock { $0.show(event) } }

  /// Tells of a worker that died and was started again: the user may want to know why the run is slow.
  func show(_ death: WorkerDeath) { state.withLock { $0.show(death) } }

  /// Tells what a worker has to say.
  func show(_ note: Diagnostic) { state.withLock { $0.show(note) } }

  /// Clears the living line and says the total.
  func close() { state.withLock { $0.close() } }
}

/// What is known of a run, and when it was last told.
private struct ProgressState {
  private let plan: Plan
  private let toCome: Int
  private let workers: Int
  private let isQuiet: Bool
  private let isVerbose: Bool
  private let clock: WorkClock
  private(set) var done: Int
  private var failed = 0
  private var isHalted = false
  /// Jobs done in this run, without those that were in the store before.
  private var doneNow = 0
  private var told: [String: String] = [:]
  /// How workers died, as far as told.
  private var deaths: Set<WorkerDeath.Cause> = []
  /// What a worker is at.
  private struct Active {
    let job: PlannedJob
    let began: Double
    var share = 0.0
    var note = ""

    /// Rows a second so far; nil where it has not said how far it is.
    func rate(at now: Double) -> Double? {
      let seconds = now - began
      return share > 0 && seconds > 0 ? share * job.work.rows / seconds : nil
    }
  }

  private var active: [Int: Active] = [:]
  /// What workers had to say, each of them the same perhaps.
  private var notes: Set<String> = []
  /// Jobs that other runs are at, by who is where that is known.
  private var held: [JobID: (label: String, by: String?)] = [:]
  /// Other runs that were told of.
  private var others: Set<String> = []
  /// Jobs that other runs did meanwhile.
  private var elsewhere: [String: Int] = [:]
  private(set) var arithmetic: Double?
  /// What was last said about the time that is left: playing thousands of jobs through takes some milliseconds.
  private var left: Double?
  private var playing = Pace(every: 2)
  private(set) var remaining: [JobID: PlannedJob] = [:]
  /// Ten times a second on a terminal, every ten seconds elsewhere.
  private var lines = Pace(every: Console.isTerminal ? 0.1 : 10)
  private let watch = Stopwatch()

  init(
    plan: Plan, toCome: Int, store: JobStore, clock: WorkClock, workers: Int, isQuiet: Bool,
    isVerbose: Bool
  ) {
    self.plan = plan
    self.toCome = toCome
    self.clock = clock
    self.workers = workers
    self.isQuiet = isQuiet
    self.isVerbose = isVerbose
    let progress = store.progress(of: plan, looksAtFiles: false)
    for job in plan.jobs where progress.isOpen(job.id) { remaining[job.id] = job }
    done = plan.jobs.count - remaining.count
  }

  mutating func show(_ event: RunEvent) {
    switch event {
    case .held(let job, let holder):
      held[job.id] = (job.label, holder?.description)
      if let holder { tell(of: holder.description) }
    case .doneElsewhere(let job, let run):
      held[job.id] = nil
      remaining[job.id] = nil
      done += 1
      elsewhere[run ?? "another run", default: 0] += 1
      if isVerbose { line("done by \(run ?? "another run"): \(job.label)") }
    case .tookOver(let job, let holder):
      let text = "\(job.label), which \(holder) began, is done here"
      // A run of this machine that was ended is nothing to wonder at.
      if !isQuiet, !holder.isGone {
        line("note: \(text)\n  no sign of life has come from there for 3 minutes")
      } else if isVerbose {
        line(text)
      }
    case .stopped(let job, let worker):
      active[worker] = nil
      if !isQuiet, !isHalted {
        line("note: another run has taken over \(job.label): this one had stood still")
      }
    case .halted(let job, let worker, let diagnostic):
      active[worker] = nil
      remaining = [:]
      failed += 1
      isHalted = true
      Console.status(nil)
      Console.error("failed: \(job.label), and no job starts any more\n\(diagnostic)")
    case .started(let job, let worker):
      held[job.id] = nil
      active[worker] = Active(job: job, began: watch.seconds)
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

  mutating func show(_ death: WorkerDeath) {
    // One cause is told once.
    guard !isQuiet, deaths.insert(death.cause).inserted else { return }
    let job = plan.jobs.first { $0.id == death.job }?.label
    line(
      "note: a worker process died \(job.map { "under \($0)" } ?? "between two jobs") (\(death.end)) "
        + "and was started again" + (death.hint.map { "\n  " + $0 } ?? ""))
  }

  mutating func show(_ note: Diagnostic) {
    let text = "\(PlanNote(note.what, at: note.place, hint: note.hint))"
    guard !isQuiet, notes.insert(text).inserted else { return }
    line(text)
  }

  func close() {
    Console.status(nil)
    if !isQuiet, watch.seconds > 2 {
      Console.note("\(done) of \(plan.jobs.count) jobs done in \(spoken(seconds: watch.seconds))")
    }
    if !isQuiet {
      for (run, count) in elsewhere.sorted(by: { $0.key < $1.key }) {
        Console.note("\(counted(count, "job")) done by \(run)")
      }
    }
  }

  /// Tells once of another run that works for the same store.
  private mutating func tell(of run: String) {
    guard !isQuiet, others.insert(run).inserted else { return }
    line("note: \(run) works here too: what it does is not done again")
  }

  /// What is left to other runs: in full where nothing else is to be done.
  private var waiting: [String] {
    let jobs = held.values.sorted { $0.label < $1.label }
    func taken(_ run: String?) -> String { "taken by \(run ?? "another run")" }
    if active.isEmpty { return jobs.map { "waiting for \($0.label), \(taken($0.by))" } }
    let runs = Dictionary(grouping: jobs) { taken($0.by) }
    return runs.keys.sorted().map { "\(runs[$0]?.count ?? 0) \($0)" }
  }

  private mutating func refresh() {
    guard !isQuiet, lines.isDue() else { return }
    let now = watch.seconds
    let jobs = active.keys.sorted().compactMap { active[$0] }.map { entry in
      entry.job.label + (entry.share > 0 ? " \(Int(entry.share * 100)) %" : "")
        + (entry.note.isEmpty ? "" : " \(entry.note)")
    }
    let rest =
      remaining.isEmpty
      ? "" : ", about \(spoken(seconds: secondsLeft())) left\(toCome > 0 ? " to the next choice" : "")"
    let training = active.values.filter { $0.job.spec.kind == "train" }.compactMap { $0.rate(at: now) }
    let rows = training.isEmpty ? "" : ", training \(Int(training.reduce(0, +).rounded())) rows/s"
    // A line is due after a tenth of a second at the earliest.
    let rate = doneNow > 0 ? ", \(Int((Double(doneNow) * 60 / now).rounded())) jobs/min" : ""
    let next = toCome > 0 ? " and then about \(grouped(toCome))" : ""
    let head =
      "\(done)/\(plan.jobs.count)\(next)\(failed > 0 ? ", \(failed) failed" : "")\(rate)\(rows)\(rest)"
    let text = ([head] + jobs + waiting).joined(separator: " | ")
    if Console.isTerminal { Console.status(text) } else { Console.note(text) }
  }

  /// What the clock expects of all that is open, played through by the workers.
  private mutating func secondsLeft() -> Double {
    if let left, !playing.isDue() { return left }
    var shares: [JobID: Double] = [:]
    for entry in active.values { shares[entry.job.id] = entry.share }
    let seconds = Makespan.seconds(
      of: plan, workers: workers, isFinished: { remaining[$0] == nil },
      seconds: { clock.seconds($0) * (1 - shares[$0.id, default: 0]) })
    left = seconds
    return seconds
  }

  private func line(_ text: String) {
    Console.status(nil)
    Console.note(text)
  }
}
