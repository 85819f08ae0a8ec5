internal import Basics
internal import Foundation
internal import Machine

/// What the program says, and whether somebody watches it on a terminal.
package enum Console {
  /// Whether standard error is a terminal, where a line can be written again.
  package static var isTerminal: Bool { isatty(2) == 1 }

  /// The terminal's width in characters, 100 where there is none.
  package static var width: Int {
    ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 100
  }

  /// A result, on standard output; where that is full or closed the program ends with 1.
  package static func print(_ text: String) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      note("error: cannot write the output: \(FileProblem.reason(error))")
      exit(1)
    }
  }

  /// A word on how things go, on standard error; paths in it are shown as one would write them here.
  package static func note(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((UserPath.shown(inText: text) + "\n").utf8))
  }

  /// A mistake, on standard error; red on a terminal that allows it.
  package static func error(_ text: String) {
    let colour = isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    note(colour ? text.replacingOccurrences(of: "error:", with: "\u{1b}[31merror:\u{1b}[0m") : text)
  }

  /// Writes over the present line of a terminal; nil clears it.
  package static func status(_ text: String?) {
    guard isTerminal else { return }
    // Without automatic wrapping a terminal of any width cuts the line by itself.
    let line = "\r\u{1b}[K" + (text.map { "\u{1b}[?7l\($0)\u{1b}[?7h" } ?? "")
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }
}

/// Seconds as people say them: `4 s`, `3 min 20 s`, `1 h 5 min`.
package func spoken(seconds: Double) -> String {
  let whole = Int(seconds.rounded())
  if whole < 60 { return "\(whole) s" }
  if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
  return "\(whole / 3600) h \(whole % 3600 / 60) min"
}

/// A number of things: `1 job`, `3 jobs`.
package func counted(_ number: Int, _ thing: String) -> String {
  "\(grouped(number)) \(thing)\(number == 1 ? "" : "s")"
}

/// A whole number with its thousands apart: `22 713 216`.
package func grouped(_ number: Int) -> String {
  let digits = Array(String(number.magnitude))
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += " " }
    text.append(digit)
  }
  return (number < 0 ? "-" : "") + text
}

/// Bytes as people say them: `1.9 GiB`, `86.6 MiB`, `512 bytes`.
package func spoken(bytes: Int) -> String {
  for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes >= size {
    return "\(rounded(Double(bytes) / Double(size), 1)) \(unit)"
  }
  return "\(bytes) bytes"
}

/// A number with so many decimals.
package func rounded(_ value: Double, _ decimals: Int) -> String {
  String(format: "%.\(decimals)f", value)
}

/// A text with spaces behind it, up to a width in characters.
package func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
