internal import Basics
internal import Foundation

/// A process, told apart from all others on all machines that share a folder.
///
/// Its number alone says nothing on another machine, in another container or after a restart: there it is free, or another
/// program's.
public struct ProcessIdentity: Sendable, Hashable, Codable {
  /// The host's name, for people: several machines may bear one.
  public var host: String
  /// The number of the process.
  public var process: Int32
  /// Whose numbers of processes these are: the kernel since its start, and the namespace; empty where that is not known.
  public var machine: String
  /// When it started, in the kernel's ticks since its own start.
  public var started: String

  /// Names a process.
  public init(host: String, process: Int32, machine: String, started: String) {
    self.host = host
    self.process = process
    self.machine = machine
    self.started = started
  }

  /// This process.
  public static let current = ProcessIdentity(
    host: line(of: "/proc/sys/kernel/hostname") ?? "unknown host",
    process: ProcessInfo.processInfo.processIdentifier, machine: here,
    started: ProcessState(of: "self")?.started ?? "")

  /// Whether it is known to have ended: of a process of another machine nobody here knows.
  public var isGone: Bool {
    guard !machine.isEmpty, machine == ProcessIdentity.here else { return false }
    guard kill(process, 0) == 0 || errno == EPERM else { return true }
    guard let state = ProcessState(of: "\(process)") else { return false }
    return state.hasEnded || state.started != started
  }

  /// Where it is worth while to ask about a process by its number.
  ///
  /// A `/proc` of another namespace, as a container may have it, tells of other processes.
  private static let here: String = {
    let files = FileManager.default
    let own = ProcessInfo.processInfo.processIdentifier
    guard (try? files.destinationOfSymbolicLink(atPath: "/proc/self")) == "\(own)",
      let boot = line(of: "/proc/sys/kernel/random/boot_id"),
      let numbers = try? files.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    else { return "" }
    return "\(boot) \(numbers)"
  }()

  private static func line(of path: String) -> String? {
    let text = try? String(contentsOfFile: path, encoding: .utf8)
    return text?.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

extension ProcessIdentity: CustomStringConvertible {
  /// `beta 4711`.
  public var description: String { "\(host) \(process)" }
}

extension ProcessIdentity {
  /// The same in letters that may stand in a file's name: `1f00ab-4711-88123`.
  package var fileName: String {
    "\(StableHash.hex(Data("\(host) \(machine)".utf8)).prefix(6))-\(process)-\(started)"
  }

  /// Whether such a name is that of a process of this machine that has ended.
  package static func isGone(fileName: some StringProtocol) -> Bool {
    let parts = fileName.split(separator: "-")
    guard parts.count == 3, let number = Int32(parts[1]) else { return false }
    var process = ProcessIdentity.current
    process.process = number
    process.started = String(parts[2])
    return process.fileName == fileName && process.isGone
  }
}

/// What the table of processes says of one.
struct ProcessState {
  /// In the kernel's ticks since its own start.
  let started: String
  /// Whether it has ended and waits to be noticed.
  let hasEnded: Bool

  /// - Parameter process: Its number, or `self`.
  init?(of process: String) {
    // "17 (name) S …": the name may hold anything, a closing bracket too.
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19 else { return nil }
    hasEnded = fields[0] == "Z" || fields[0] == "X"
    started = String(fields[19])
  }
}
