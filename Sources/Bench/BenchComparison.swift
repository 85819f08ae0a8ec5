internal import Basics
internal import Terminal

/// Ratios of two runs beside each other.
struct BenchComparison {
  let baseline: [BenchLine]
  let latest: [BenchLine]

  /// A change of fewer percent is the machine's own noise.
  private static let noise = 5.0

  /// A table with a row for each ratio, first those of the latest run, then what only the baseline has.
  var text: String {
    let header = ["bench", "settings", "ratio", "baseline", "now", "change"]
    let rows = [header] + latest.flatMap(rows) + lost
    let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let table = rows.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column < 3 ? row[column] + space : space + row[column]
      }.joined(separator: "  ")
    }
    return (table + notes).joined(separator: "\n")
  }

  private func rows(_ line: BenchLine) -> [[String]] {
    let old = baseline.first { $0.bench == line.bench && $0.settings == line.settings }
    return line.ratios.map { name, now in
      let start = [line.bench, settings(line), name]
      guard case .number(let before) = old?.values[name] else {
        return start + ["–", rounded(now, 3), "new"]
      }
      return start + [rounded(before, 3), rounded(now, 3), change(from: before, to: now)]
    }
  }

  /// Ratios of the baseline that were not measured again.
  private var lost: [[String]] {
    baseline.flatMap { line in
      let new = latest.first { $0.bench == line.bench && $0.settings == line.settings }
      return line.ratios.filter { new?.values[$0.name] == nil }.map { name, before in
        [line.bench, settings(line), name, rounded(before, 3), "–", "not measured"]
      }
    }
  }

  private func change(from before: Double, to now: Double) -> String {
    guard before > 0 else { return "–" }
    let percent = (now / before - 1) * 100
    let sign = percent < 0 ? "−" : "+"
    let word = percent <= -Self.noise ? "worse " : percent >= Self.noise ? "better " : ""
    return "\(word)\(sign)\(rounded(abs(percent), 1)) %"
  }

  /// The settings in which the lines of a bench differ; those that are the same everywhere say nothing.
  private func settings(_ line: BenchLine) -> String {
    let all = (latest + baseline).filter { $0.bench == line.bench }
    let names = line.settings.keys.sorted().filter { name in
      all.contains { $0.settings[name] != line.settings[name] }
    }
    return names.map { "\($0)=\(line.settings[$0]?.description ?? "–")" }.joined(separator: " ")
  }

  /// Where the two runs had different machines, kernels or versions of BLAS: then ratios may differ for that alone.
  private var notes: [String] {
    ["machine", "kernel", "openblas"].compactMap { name in
      guard let before = baseline.first?.text(name), let now = latest.first?.text(name), before != now else {
        return nil
      }
      return "note: \(name) of the baseline: \(before); now: \(now)"
    }
  }
}
