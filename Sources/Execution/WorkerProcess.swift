internal import Basics
public import Foundation
public import Specs
internal import Synchronization

/// A worker in a process of its own: a crash, its memory and its BLAS threads touch nobody else.
///
/// The process starts with the first job, keeps the base and the tokenised data for the next ones, and is started
/// again after a crash. Requests go to its standard input, events come from its standard output, one JSON line each.
public actor WorkerProcess: JobRunner {
  private let executable: URL
  private let arguments: [String]
  private let environment: [String: String]
  private var process: Process? {
    didSet { identifier.withLock { $0 = process?.processIdentifier ?? 0 } }
  }
  private let identifier = Mutex<Int32>(0)
  private var input: FileHandle?
  private var lines: AsyncStream<String>?

  /// Prepares a worker.
  public init(executable: URL, arguments: [String], environment: [String: String]) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
  }

  /// Does a job; where the process dies under it, the job is tried once more in a new one.
  public func run(
    _ request: WorkRequest, progress: @escaping @Sendable (Double, String) -> Void
  ) async throws -> JobCost {
    for attempt in 1...2 {
      if let cost = try await tryOnce(request, progress) { return cost }
      try Task.checkCancellation()
      let status = reap()
      if attempt == 2 {
        throw Diagnostic(
          "the worker process died twice under this job (\(status))",
          hint: "is there enough memory? run with --workers 1, and see the job's log")
      }
    }
    preconditionFailure("two attempts are made")
  }

  /// Kills the process.
  public func stop() {
    if let process, process.isRunning { process.terminate() }
    _ = reap()
  }

  /// Kills the process from outside of any task, as an interrupted run must.
  public nonisolated func kill() {
    let process = identifier.withLock { $0 }
    if process > 0 { _ = Foundation.kill(process, SIGKILL) }
  }

  /// Nil where the process died.
  private func tryOnce(_ request: WorkRequest, _ progress: @Sendable (Double, String) -> Void) async throws -> JobCost? {
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
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = environment
    let toWorker = Pipe()
    let fromWorker = Pipe()
    process.standardInput = toWorker
    process.standardOutput = fromWorker
    lines = WorkerProcess.lines(of: fromWorker.fileHandleForReading)
    try process.run()
    self.process = process
    input = toWorker.fileHandleForWriting
  }

  private func reap() -> String {
    defer {
      process = nil
      input = nil
      lines = nil
    }
    try? input?.close()
    guard let process else { return "it did not start" }
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
      ? "signal \(process.terminationStatus)" : "exit code \(process.terminationStatus)"
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
