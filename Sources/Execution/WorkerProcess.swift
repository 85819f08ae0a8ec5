public import Basics
public import Foundation
public import Machine
public import Specs

/// A worker in a process of its own: a crash, its memory and its BLAS threads touch nobody else.
///
/// The process starts with the first job, keeps the base and the tokenised data for the next ones, and is started
/// again after a crash. Requests go to its standard input, events come from its standard output, one JSON line each.
/// What it says on standard error is kept for the case that it dies.
public actor WorkerProcess: JobRunner {
  private let executable: URL
  private let arguments: [String]
  private let environment: [String: String]
  private var process: Process?
  private let life = Lock(Life())
  private var input: FileHandle?
  private var lines: AsyncStream<String>?
  private var lastWords: LastWords?
  /// The job that is being done.
  private var present: JobID?
  /// Whether the process was ended under that job because nobody wants its result.
  private var isAbandoned = false
  private let onRestart: @Sendable (WorkerDeath) -> Void
  private let onNote: @Sendable (Diagnostic) -> Void

  /// What `kill` must know from outside of any task.
  private struct Life {
    var process: Int32 = 0
    var isOver = false
  }

  /// One process starts at a time: another one's pipe, open at that moment, would be handed down to it and then not
  /// end with its owner.
  private static let starting = Lock(())

  /// Prepares a worker.
  ///
  /// - Parameters:
  ///   - onRestart: Called where a process has died and a new one takes its place.
  ///   - onNote: Called where it has something to say that is no failure.
  public init(
    executable: URL, arguments: [String], environment: [String: String],
    onRestart: @escaping @Sendable (WorkerDeath) -> Void = { _ in },
    onNote: @escaping @Sendable (Diagnostic) -> Void = { _ in }
  ) {
    self.onRestart = onRestart
    self.onNote = onNote
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
  }

  /// Checks that as many workers as are wanted can be spoken to: without room for its pipes and its run loop's sockets
  /// Foundation ends the program, or waits for ever.
  ///
  /// - Parameter openFiles: How many files may be open at once; nil where nothing limits them.
  public static func check(workers: Int, openFiles: Int? = MachineFacts.openFiles) throws(Diagnostic) {
    let needed = 64 + 16 * workers
    guard let openFiles, openFiles < needed else { return }
    throw Diagnostic(
      "only \(openFiles) files may be open at once, and \(workers) \(workers == 1 ? "worker needs" : "workers need") "
        + "\(needed)", hint: "raise the limit with `ulimit -n \(max(256, needed))`, or lower --workers")
  }

  /// Does a job; where the process dies under it, the job is tried once more in a new one.
  public func run(
    _ request: WorkRequest, progress: @escaping @Sendable (Double, String) -> Void
  ) async throws -> JobCost {
    (present, isAbandoned) = (request.id, false)
    defer { present = nil }
    for attempt in 1...2 {
      if let cost = try await tryOnce(request, progress) { return cost }
      if life.withLock({ $0.isOver }) { throw CancellationError() }
      let death = reap(under: request.id)
      if isAbandoned { throw Diagnostic("another run has taken the job over") }
      if attempt == 2 {
        throw Diagnostic("the worker process died twice under this job (\(death.end))", hint: death.hint)
      }
      onRestart(death)
    }
    preconditionFailure("two attempts are made")
  }

  /// Ends the process where it is at a job; the next job gets a new one.
  public func abandon(_ id: JobID) {
    guard present == id, let process, process.isRunning else { return }
    isAbandoned = true
    // A signal that could be blocked is: processes begin with the mask of the thread that starts them.
    _ = Foundation.kill(process.processIdentifier, SIGKILL)
  }

  /// Kills the process.
  public func stop() {
    if let process, process.isRunning { process.terminate() }
    reap()
  }

  /// Kills the process from outside of any task, as an interrupted run must, and waits until it is gone; no other one
  /// is started.
  public nonisolated func kill() {
    let process = life.withLock { life in
      life.isOver = true
      return life.process
    }
    guard process > 0 else { return }
    _ = Foundation.kill(process, SIGKILL)
    for _ in 0..<2000 where MachineFacts.isAlive(process) { Thread.sleep(forTimeInterval: 0.001) }
  }

  /// Nil where the process died.
  private func tryOnce(_ request: WorkRequest, _ progress: @Sendable (Double, String) -> Void) async throws
    -> JobCost?
  {
    try start()
    guard let input else { return nil }
    var line = try StableHash.canonicalJSON(request)
    line.append(UInt8(ascii: "\n"))
    do { try input.write(contentsOf: line) } catch { return nil }
    guard let lines else { return nil }
    // The stream outlives each job: leaving the loop leaves later lines to the next one.
    for await text in lines {
      guard let event = try? JSONDecoder().decode(WorkEvent.self, from: Data(text.utf8)) else { continue }
      switch event {
      case .progress(let share, let note): progress(share, note)
      case .note(let note): onNote(note)
      case .done(let cost): return cost
      case .failed(let diagnostic): throw diagnostic
      }
    }
    return nil
  }

  /// A worker that dies between two jobs must fail the next write, not end this process by a signal.
  private static let ignoringBrokenPipes: Void = {
    _ = signal(SIGPIPE, SIG_IGN)
  }()

  private func start() throws {
    if let process, process.isRunning { return }
    WorkerProcess.ignoringBrokenPipes
    if process != nil { onRestart(reap()) }
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = environment
    let (fromWorker, errors) = try WorkerProcess.starting.withLock { _ in
      let toWorker = Pipe()
      let fromWorker = Pipe()
      let errors = Pipe()
      // Pipes that could not be made are told by their numbers alone.
      guard
        [toWorker, fromWorker, errors].allSatisfy({
          $0.fileHandleForReading.fileDescriptor >= 0 && $0.fileHandleForWriting.fileDescriptor >= 0
        })
      else {
        throw Diagnostic(
          "a worker cannot start: Too many open files", at: Place(file: executable.path),
          hint: SystemRefusal.remedy(EMFILE))
      }
      process.standardInput = toWorker
      process.standardOutput = fromWorker
      process.standardError = errors
      try life.withLock { life in
        if life.isOver { throw CancellationError() }
        do { try process.run() } catch {
          throw Diagnostic(
            "a worker cannot start: \(FileProblem.reason(error))", at: Place(file: executable.path))
        }
        life.process = process.processIdentifier
      }
      input = toWorker.fileHandleForWriting
      return (fromWorker.fileHandleForReading, errors.fileHandleForReading)
    }
    lines = WorkerProcess.lines(of: fromWorker)
    lastWords = LastWords(of: errors)
    self.process = process
  }

  @discardableResult
  private func reap(under job: JobID? = nil) -> WorkerDeath {
    defer {
      process = nil
      input = nil
      lines = nil
      lastWords = nil
      life.withLock { $0.process = 0 }
    }
    try? input?.close()
    guard let process else { return WorkerDeath(job: job, end: .noStart, lastWords: []) }
    process.waitUntilExit()
    let status = process.terminationStatus
    return WorkerDeath(
      job: job,
      end: process.terminationReason == .uncaughtSignal ? .signal(status) : .code(status),
      lastWords: lastWords?.read() ?? [])
  }

  private static func lines(of handle: FileHandle) -> AsyncStream<String> {
    AsyncStream { continuation in
      let reader = Thread {
        var rest = Data()
        while true {
          let piece = handle.availableData
          if piece.isEmpty { break }
          rest.append(piece)
          while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            continuation.yield(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
            rest = Data(rest[(end + 1)...])
          }
        }
        continuation.finish()
      }
      reader.start()
    }
  }
}
