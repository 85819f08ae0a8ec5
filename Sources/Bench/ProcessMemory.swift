internal import Execution
internal import Foundation
internal import Machine
internal import Terminal

/// What this process took from the system so far, as Linux counts it.
struct ProcessMemory {
  /// Pages that were given to the process without reading a disk.
  let minorFaults: Int
  /// Memory of its own.
  let anonymousKilobytes: Int
  /// Pages of mapped files, which processes share.
  let mappedKilobytes: Int
  /// Calls of malloc and their bytes, where a counting library was loaded with the program.
  let allocations: (calls: Int, bytes: Int)?

  /// As it is now.
  static var now: ProcessMemory {
    let status = read("/proc/self/status")
    func field(_ name: String) -> Int {
      let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
      return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
    }
    // "17 (name) S …": the fields behind the name, which may hold anything; minflt is the tenth of all.
    let stat = read("/proc/self/stat")
    let fields = stat.suffix(from: stat.lastIndex(of: ")") ?? stat.startIndex).split(separator: " ")
    return ProcessMemory(
      minorFaults: fields.count > 8 ? Int(fields[8]) ?? 0 : 0, anonymousKilobytes: field("RssAnon:"),
      mappedKilobytes: field("RssFile:"), allocations: counted)
  }

  /// The most megabytes held so far.
  static var peakMegabytes: Double { MachineFacts.peakResidentMegabytes }

  /// Two 64-bit counts, calls and bytes, in the file that `MIXOLOGY_ALLOCATIONS` names.
  private static var counted: (calls: Int, bytes: Int)? {
    guard let path = ProcessInfo.processInfo.environment["MIXOLOGY_ALLOCATIONS"],
      let data = FileManager.default.contents(atPath: path), data.count >= 16
    else { return nil }
    let bytes = Array(data)
    func word(_ offset: Int) -> Int {
      bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    return (word(0), word(8))
  }

  private static func read(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }
}
