import ArgumentParser
import Basics
import Execution
import Experiment
import Foundation
import Machine
import Reporting
import Results
import Terminal

/// Runs what is not done yet and writes the tables.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Runs a manifest: trains, merges and evaluates what is not in the store, then writes the tables.")

  @OptionGroup var arguments: ManifestArguments

  @OptionGroup var workerArguments: WorkerArguments

  @Option(help: "What runs the jobs: local.")
  var engine = "local"

  @Flag(inversion: .prefixedNo, help: "Goes on with jobs that do not depend on a failed one.")
  var keepGoing = true

  @Flag(help: "Replaces tables that were made with other settings of the command line.")
  var force = false

  @Flag(help: "Says nothing but the result, and what makes results wrong.")
  var quiet = false

  @Flag(help: "Says a line for every job.")
  var verbose = false

  // For tests alone: all runs that share a store must agree on it.
  @Option(help: .hidden)
  var leaseSeconds = Leases.patience

  func validate() throws {
    guard engine == "local" else {
      throw ValidationError("unknown engine '\(engine)': this version has 'local' only")
    }
  }

  func run() async throws {
    // A worker that dies while it is spoken to must not take the scheduler along.
    signal(SIGPIPE, SIG_IGN)
    try BestKernel.use(threads: workerArguments.count * workerArguments.threads)
    let loaded = try arguments.load()
    loaded.tellPlace()
    try refusing { () throws(Diagnostic) in try WorkerProcess.check(workers: workerArguments.count) }
    var plan = try loaded.planBeforeChoice()
    try loaded.checkTables(plan, force: force)
    let store = loaded.store
    try DataCheck(store.progress(of: plan, looksAtFiles: false)).check(plan)
    try refusing { () throws(Diagnostic) in
      try ResultsFolder.check(store: store.root, tables: loaded.folder)
    }
    Console.notes(of: plan, quiet: quiet)
    if !quiet, let note = store.earlierFormats() { Console.note("\(note)") }
    let leases = Leases(store: store, patience: leaseSeconds)
    leases.sweep()
    let named = loaded.named(plan)
    let interruption = Interruption()
    var spent = Spent()
    var summary = try await perform(plan, loaded, leases, named, interruption, &spent)
    // What was chosen asks for more, until nothing is left to be chosen. What failed is not tried again.
    var tried = Set(plan.jobs.map(\.id))
    while plan.isChosenFrom, !summary.isHalted {
      plan = try loaded.plan()
      let open = plan.jobs.filter { !tried.contains($0.id) }
      if open.isEmpty { break }
      let progress = store.progress(of: plan, looksAtFiles: false)
      try DataCheck(progress).check(plan)
      var next = plan
      next.jobs.removeAll { tried.contains($0.id) && progress.state($0.id) == .absent }
      tried.formUnion(open.map(\.id))
      summary += try await perform(next, loaded, leases, named, interruption, &spent)
    }
    // Where nothing more can be written there is no room for tables either; `report` writes them.
    if summary.isHalted { throw ExitCode(1) }
    let results = try Collector(store: store, keepsScores: true).collect(plan)
    let report = try Publisher.publish(results, loaded: loaded, plan: plan)
    loaded.noteRun(of: plan)
    try refusing { () throws(Diagnostic) in try named.end(plan) }
    drop(plan, leases, named)
    if !results.scores.isEmpty {
      Console.print(report.terminal(width: Console.width))
    }
    if !quiet, !results.scores.isEmpty {
      Console.print(
        "Tables: \(UserPath.shown(loaded.folder.relativePath))/report.md, comparison.csv, runs.csv …")
    }
    if !quiet, let line = spent.line { Console.note(line) }
    if summary.failed > 0 {
      let skipped = summary.skipped > 0 ? ", \(summary.skipped) that need them were left out" : ""
      Console.error(
        "error: \(counted(summary.failed, "job")) failed\(skipped)\n"
          + "  `mixology status \(arguments.manifest)` lists them; the next run tries them again")
      throw ExitCode(1)
    }
  }

  /// Takes out of the store what was changed or cut since it was written, and says so: it is done anew.
  private func discardDamaged(_ jobs: [PlannedJob], _ leases: Leases) throws {
    for job in jobs {
      // Nothing to say where another run has mended it meanwhile.
      guard let damage = try leases.discardDamaged(job.id), !quiet else { continue }
      Console.note("\(PlanNote(damage.what, at: damage.place, hint: "'\(job.label)' is done anew"))")
    }
  }

  /// Leaves of points of grids that were not chosen what they came to, and says so.
  private func drop(_ plan: Plan, _ leases: Leases, _ named: NamedJobs) {
    let (count, problem) = leases.dropPassedOver(plan, named)
    if quiet { return }
    if count > 0 {
      Console.note(
        "adapters and predictions of \(counted(count, "job")) of points that were not chosen are dropped; what asks for one makes it again"
      )
    }
    if let problem {
      Console.note("\(PlanNote("some are kept: \(problem.what)", at: problem.place, hint: problem.hint))")
    }
  }

  /// What the system does not allow is told once, before the first job; nothing is wrong with the manifest.
  private func refusing(_ check: () throws(Diagnostic) -> Void) throws {
    do throws(Diagnostic) { try check() } catch {
      Console.error("\(error)")
      throw ExitCode(1)
    }
  }

  private func perform(
    _ plan: Plan, _ loaded: LoadedManifest, _ leases: Leases, _ named: NamedJobs,
    _ interruption: Interruption, _ spent: inout Spent
  ) async throws -> RunSummary {
    // Before anything is looked at: what is named now nobody drops behind our back.
    try refusing { () throws(Diagnostic) in try named.begin(plan) }
    var progress = loaded.store.progress(of: plan)
    let damaged = progress.damaged(in: plan)
    if !damaged.isEmpty {
      try discardDamaged(damaged.map(\.job), leases)
      progress = loaded.store.progress(of: plan, looksAtFiles: false)
    }
    let space = DiskSpace(plan, progress, loaded.store)
    try refusing { () throws(Diagnostic) in if let problem = space.problem { throw problem } }
    if !quiet, let note = space.note { Console.note("\(note)") }
    let (count, threads) = (workerArguments.count, workerArguments.threads)
    let clock = WorkClock.measured(plan, loaded.store, progress, workers: count, threads: threads)
    let display = ProgressDisplay(
      plan: plan, toCome: quiet ? 0 : try loaded.jobsToCome(beside: plan), store: loaded.store, clock: clock,
      workers: count, isQuiet: quiet, isVerbose: verbose)
    if !quiet, !display.isDone, let note = KernelAdvice.present?.note { Console.note(note) }
    let runners = (0..<count).map { index in
      WorkerProcess.local(
        index: index, threads: threads, onRestart: { display.show($0) }, onNote: { display.show($0) })
    }
    let scheduler = Scheduler(
      plan: plan, store: loaded.store, runners: runners, keepGoing: keepGoing, clock: clock,
      leases: leases
    ) {
      display.show($0)
    }
    let cleanUp: @Sendable () -> Void = {
      loaded.noteRun(of: plan)
      display.close()
      for runner in runners { runner.kill() }
      leases.releaseAll()
      Console.note("interrupted: what was done is kept; the same command goes on from there")
    }
    let summary = await interruption.guarding(cleanUp) { await scheduler.run() }
    display.close()
    if let seconds = display.arithmeticSeconds { spent.arithmetic = (spent.arithmetic ?? 0) + seconds }
    return summary
  }
}

/// The processor time of a run, its workers counted, and what of it went into arithmetic.
private struct Spent {
  /// Processor seconds in training, merging and predicting; nil where no job ran.
  var arithmetic: Double?

  /// `CPU 812 s: 96 % in training, merging and evaluation`; nil where nothing ran, or next to nothing.
  var line: String? {
    let all = MachineFacts.cpuSecondsWithChildren
    guard let arithmetic, arithmetic > 1 else { return nil }
    let share = Int((100 * arithmetic / max(all, arithmetic)).rounded(.down))
    return "CPU \(spoken(seconds: all)): \(share) % in training, merging and evaluation"
  }
}

/// Ctrl-C, a polite kill and a closed terminal: cleans up and exits with 130.
///
/// One for the whole program: of two sources for a signal, one after the other, the second hears nothing on Linux.
final class Interruption: Sendable {
  private struct State {
    /// Whether the first signal came.
    var begun = false
    /// What is to be done then.
    var cleanUp: (@Sendable () -> Void)?
  }

  // Kept alive.
  private let sources: Lock<[any DispatchSourceSignal]>
  private let shared: Shared

  private final class Shared: Sendable {
    let state = Lock(State())
  }

  init() {
    let shared = Shared()
    self.shared = shared
    // Under nohup a closed terminal is no reason to end.
    let hangup = MachineFacts.ignores(signal: SIGHUP) ? [] : [SIGHUP]
    // A queue of its own has a thread of its own: work may keep all of the global ones.
    let queue = DispatchQueue(label: "interruption", qos: .userInteractive)
    let sources = ([SIGINT, SIGTERM] + hangup).map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        let (isFirst, cleanUp) = shared.state.withLock { state in
          defer { state.begun = true }
          return (!state.begun, state.cleanUp)
        }
        guard isFirst else { return }
        cleanUp?()
        Foundation.exit(130)
      }
      source.resume()
      return source as any DispatchSourceSignal
    }
    self.sources = Lock(sources)
  }

  /// Does some work, after which an interruption need not clean up any more.
  ///
  /// Where one is under way this never returns, for the run must not go on to its tables.
  func guarding<Result: Sendable>(
    _ cleanUp: @escaping @Sendable () -> Void, _ work: () async -> Result
  ) async -> Result {
    shared.state.withLock { $0.cleanUp = cleanUp }
    let result = await work()
    while shared.state.withLock({ state in
      if !state.begun { state.cleanUp = nil }
      return state.begun
    }) { try? await Task.sleep(for: .seconds(1)) }
    return result
  }
}

extension WorkerProcess {
  /// A worker that is this program again, with one BLAS thread and the kernel that suits the processor.
  static func local(
    index: Int, threads: Int, onRestart: @escaping @Sendable (WorkerDeath) -> Void,
    onNote: @escaping @Sendable (Diagnostic) -> Void
  ) -> WorkerProcess {
    var environment = ProcessInfo.processInfo.environment
    if let kernel = MachineFacts.betterKernel(environment: environment) {
      environment["OPENBLAS_CORETYPE"] = kernel
    }
    environment["OPENBLAS_NUM_THREADS"] = "1"
    // What oneDNN would take for more where libgomp is there before it.
    environment["OMP_NUM_THREADS"] = "1"
    // The last words of one that crashes are the reason, not its stack.
    environment["SWIFT_BACKTRACE"] = environment["SWIFT_BACKTRACE"] ?? "enable=no"
    return WorkerProcess(
      executable: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath(),
      arguments: ["worker", "--name", "local-\(index)", "--threads", "\(threads)"], environment: environment,
      onRestart: onRestart, onNote: onNote)
  }
}
