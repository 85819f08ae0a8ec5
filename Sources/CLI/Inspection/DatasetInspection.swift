import Basics
import Tasks
import Terminal

/// A file of examples.
enum DatasetInspection {
  static func lines(_ path: String, all: Bool) throws -> [String] {
    let summary = try DatasetSummary(path: path)
    var lines = aligned([
      ("kind", "dataset, \(summary.format)"), ("rows", grouped(summary.rows)),
      ("sha256", try StableHash.hex(file: path)),
    ])
    let width = summary.columns.map(\.name.count).max() ?? 0
    for column in summary.columns {
      let unit = column.kinds == ["list"] ? "elements" : "characters"
      var facts = [
        column.kinds.joined(separator: " or "), "longest \(grouped(column.longest)) \(unit)",
        column.empty > 0 ? "\(grouped(column.empty)) empty" : "none empty",
      ]
      if column.present < summary.rows {
        facts.append("missing in \(grouped(summary.rows - column.present)) rows")
      }
      lines.append("  \(padded(column.name, width))  \(facts.joined(separator: ", "))")
      if let counts = column.counts, all || isLabels(counts, rows: summary.rows) {
        let words = counts.map { "\($0.value.isEmpty ? "(empty)" : $0.value) \(grouped($0.count))" }
        lines.append("  \(padded("", width))  values: \(words.joined(separator: ", "))")
      }
    }
    if !summary.problems.isEmpty {
      lines.append("\(counted(summary.problems.count, "row")) cannot be read:")
      lines += summary.problems.prefix(all ? .max : 5).map(\.description)
    }
    return lines
  }

  /// Few values that occur again and again: labels, rather than a column of a short file.
  private static func isLabels(_ counts: [(value: String, count: Int)], rows: Int) -> Bool {
    counts.count <= max(2, rows / 4)
  }
}
