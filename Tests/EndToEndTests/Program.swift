import Foundation

/// How a call of the program ended.
struct Outcome: Sendable {
  let status: Int32
  let output: String
  let errors: String
}

/// The program under test: the binary that was built beside these tests.
enum Program {
  static var executable: URL {
    let folder = (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0]))
      .resolvingSymlinksInPath().deletingLastPathComponent()
    let places = [folder, folder.deletingLastPathComponent()].map { $0.appendingPathComponent("mixology") }
    return places.first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? places[0]
  }

  /// A call that was started.
  struct Call {
    let process: Process
    let output: URL
    let errors: URL

    /// Waits for the end.
    func outcome() throws -> Outcome {
      process.waitUntilExit()
      let status = process.terminationStatus
      return Outcome(
        status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
        output: try String(contentsOf: output, encoding: .utf8),
        errors: try String(contentsOf: errors, encoding: .utf8))
    }
  }

  /// Starts the program in a folder, through a shell where limits are to be set before.
  static func start(
    _ arguments: [String], in folder: URL, limits: String? = nil, environment: [String: String] = [:]
  ) throws -> Call {
    let process = Process()
    if let limits {
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments = ["-c", "\(limits); exec \"$@\"", "bash", executable.path] + arguments
    } else {
      process.executableURL = executable
      process.arguments = arguments
    }
    // The user's own settings change what is printed, not what is tested.
    let dropped = ["OPENBLAS_CORETYPE", "MIXOLOGY_DATA", "COLUMNS"]
    process.environment = ProcessInfo.processInfo.environment.filter { !dropped.contains($0.key) }
      // What a call remembers goes away with its folder.
      .merging(["XDG_CACHE_HOME": folder.path + "/.cache"]) { _, new in new }
      .merging(environment) { _, new in new }
    process.currentDirectoryURL = folder
    let number = Int.random(in: 0..<Int.max)
    let output = folder.appendingPathComponent("\(number).out")
    let errors = folder.appendingPathComponent("\(number).err")
    for file in [output, errors] { try Data().write(to: file) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    return Call(process: process, output: output, errors: errors)
  }

  /// Runs the program to its end.
  @discardableResult
  static func run(
    _ arguments: String..., in folder: URL, limits: String? = nil, environment: [String: String] = [:]
  ) throws -> Outcome {
    try start(arguments, in: folder, limits: limits, environment: environment).outcome()
  }

  /// The processes of the program that work in a folder: the scheduler and its workers.
  static func processes(in folder: URL) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { process in
      let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")
      let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")
      return place == folder.path && program == executable.path
    }.sorted()
  }

  /// The workers among them: what was only just forked is still its parent in all but its number, and a parent waits for it
  /// until it is itself.
  static func workers(in folder: URL) -> [Int32] {
    processes(in: folder).filter { process in
      let line = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(process)/cmdline"))) ?? Data()
      return line.split(separator: 0).dropFirst().first.map { Array($0) } == Array("worker".utf8)
    }
  }

  /// Waits until something is so, up to a number of seconds; whether it became so.
  static func wait(seconds: Double, _ condition: () -> Bool) -> Bool {
    let deadline = DispatchTime.now().uptimeNanoseconds + UInt64(seconds * 1e9)
    while !condition() {
      if DispatchTime.now().uptimeNanoseconds > deadline { return false }
      Thread.sleep(forTimeInterval: 0.005)
    }
    return true
  }
}
