internal import Basics
internal import Foundation
public import Specs

/// How a worker process ended that nobody had asked to.
public struct WorkerDeath: Sendable, Equatable {
  /// What the system says of it.
  public enum End: Sendable, Hashable {
    /// It exited with a code.
    case code(Int32)
    /// A signal killed it.
    case signal(Int32)
    /// There was no process.
    case noStart
  }

  /// The job that it was at; nil between two jobs.
  public var job: JobID?
  /// What the system says of it.
  public var end: End
  /// The last lines that it wrote to standard error.
  public var lastWords: [String]

  /// Why it died, as far as is known: deaths of one cause are told once.
  public struct Cause: Sendable, Hashable {
    let end: End
    let lastWords: [String]
  }

  /// Why it died.
  public var cause: Cause { Cause(end: end, lastWords: lastWords) }

  /// What a user is to know and can do; nil where nothing is known.
  public var hint: String? {
    // The kernel's way where memory is short.
    let memory = end == .signal(SIGKILL) ? ["is there enough memory? try --workers 1"] : []
    let words = lastWords.isEmpty ? [] : ["its last words:"] + lastWords.map { "  " + $0 }
    // Indented as a diagnostic indents the first line of its hint.
    return memory.isEmpty && words.isEmpty ? nil : (memory + words).joined(separator: "\n  ")
  }
}

extension WorkerDeath.End: CustomStringConvertible {
  private static let names = [
    SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT",
    SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV", SIGPIPE: "SIGPIPE",
    SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
  ]

  /// `exit code 3`, `signal 11, SIGSEGV`.
  public var description: String {
    switch self {
    case .code(let code): "exit code \(code)"
    case .signal(let number): "signal \(number)" + (Self.names[number].map { ", \($0)" } ?? "")
    case .noStart: "it did not start"
    }
  }
}

/// The end of what a process writes to standard error, read by a thread of its own so that the process never waits.
final class LastWords: Sendable {
  private static let bytes = 8192
  private static let lines = 20
  private let tail = Lock(Data())
  private let isOver = DispatchSemaphore(value: 0)

  init(of handle: FileHandle) {
    let reader = Thread { [self] in
      while true {
        let piece = handle.availableData
        if piece.isEmpty { break }
        tail.withLock { $0 = Data(($0 + piece).suffix(LastWords.bytes)) }
      }
      isOver.signal()
    }
    reader.start()
  }

  /// The last lines once the process has ended; what it left running may hold its end open, and is waited for a second.
  func read() -> [String] {
    _ = isOver.wait(timeout: .now() + 1)
    let data = tail.withLock { $0 }
    var lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    // The first may be cut.
    if data.count == LastWords.bytes, lines.count > 1 { lines.removeFirst() }
    return lines.filter { !$0.allSatisfy(\.isWhitespace) }.suffix(LastWords.lines)
  }
}
