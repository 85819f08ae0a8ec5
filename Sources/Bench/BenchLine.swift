internal import Basics
internal import Execution
internal import Foundation
internal import LinearAlgebra
internal import Machine
internal import Terminal

/// One measurement: what was measured, with which settings, and what came out.
///
/// On disk a flat JSON object but for `settings`. A value is a ratio, which baselines keep and compare, where its name
/// starts with `fraction_of_` or ends in `_ratio`; every ratio is so turned that more is better.
struct BenchLine: Codable, Sendable {
  /// The bench, as on the command line.
  var bench: String
  /// What may be compared with what: lines of other settings measure something else.
  var settings: [String: ParameterValue]
  /// Measured values and facts about the run, by name.
  var values: [String: ParameterValue]

  /// A measurement of this process, with the facts about the run.
  init(_ bench: String, settings: [String: ParameterValue], values: [String: ParameterValue]) {
    self.bench = bench
    self.settings = settings
    self.values = values.merging(BenchLine.facts) { value, _ in value }
  }

  /// Whether a value of that name is a ratio.
  static func isRatio(_ name: String) -> Bool {
    name.hasPrefix("fraction_of_") || name.hasSuffix("_ratio")
  }

  /// The ratios by name, in order.
  var ratios: [(name: String, value: Double)] {
    values.sorted { $0.key < $1.key }.compactMap { name, value in
      if case .number(let number) = value, BenchLine.isRatio(name) { (name, number) } else { nil }
    }
  }

  /// The value of that name as text; a dash where there is none.
  func text(_ name: String) -> String { values[name]?.description ?? "–" }

  /// What a baseline keeps: ratios, and where they come from.
  var forBaseline: BenchLine {
    var line = self
    let kept = ["machine", "cores", "kernel", "openblas", "mixology", "commit", "repeats", "base", "data"]
    line.values = values.filter { name, _ in BenchLine.isRatio(name) || kept.contains(name) }
    return line
  }

  /// Machine, kernel, versions, commit and the most memory so far.
  private static var facts: [String: ParameterValue] {
    let words = BLASRuntime.configuration.split(separator: " ")
    return [
      "machine": .text(MachineFacts.description), "cores": .number(Double(MachineFacts.cores)),
      "kernel": .text(BLASRuntime.kernel),
      "openblas": .text(words.dropFirst().first.map(String.init) ?? "unknown"),
      "mixology": .text(Product.version),
      "commit": .text(ProcessInfo.processInfo.environment["MIXOLOGY_COMMIT"] ?? "unknown"),
      "peak_rss_mb": .measured(MachineFacts.peakResidentMegabytes),
    ]
  }

  // MARK: JSON

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private static let own = ["bench", "settings"]

  /// Reads an object; every key but the bench and its settings is a value.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    bench = try container.decode(String.self, forKey: Key(stringValue: "bench"))
    settings = try container.decode([String: ParameterValue].self, forKey: Key(stringValue: "settings"))
    values = [:]
    for key in container.allKeys where !BenchLine.own.contains(key.stringValue) {
      values[key.stringValue] = try container.decode(ParameterValue.self, forKey: key)
    }
  }

  /// Writes an object.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(bench, forKey: Key(stringValue: "bench"))
    try container.encode(settings, forKey: Key(stringValue: "settings"))
    for (name, value) in values { try container.encode(value, forKey: Key(stringValue: name)) }
  }

  /// Prints the line, keys in order.
  func print() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    Console.print(String(decoding: try encoder.encode(self), as: UTF8.self))
  }

  /// The lines of a file.
  ///
  /// - Throws: a `Diagnostic` for a file that cannot be read or a line that is no measurement.
  static func read(_ path: String, hint: String = "`make bench` writes them") throws -> [BenchLine] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw Diagnostic(
        "cannot read the measurements", at: Place(file: path), hint: hint)
    }
    return try text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
      number, line in
      if line.isEmpty { return nil }
      do {
        return try JSONDecoder().decode(BenchLine.self, from: Data(line.utf8))
      } catch {
        throw Diagnostic(
          "this line is no measurement", at: Place(file: path, line: number + 1),
          hint: "each line is one JSON object with 'bench' and 'settings', as `mixology bench` prints it")
      }
    }
  }
}

extension ParameterValue {
  /// A measured number, to five digits: more would be noise.
  static func measured(_ value: Double) -> ParameterValue {
    guard value != 0, value.isFinite else { return .number(0) }
    let unit = pow(10, (log10(abs(value))).rounded(.down) - 4)
    // Dividing by a power of ten instead of multiplying by its inverse keeps short decimals short.
    return .number(
      unit < 1 ? (value / unit).rounded() / (1 / unit).rounded() : (value / unit).rounded() * unit)
  }

  /// A count or a size.
  static func count(_ value: Int) -> ParameterValue { .number(Double(value)) }
}
