internal import Results
internal import Specs
internal import Statistics

extension ReportTable {
  /// Merge methods: each by the point of its grid that validation prefers.
  static let methods = ReportTable(name: "methods", question: "Which way to merge helps?") { evidence in
    Table(evidence.methods, methodFields) { $0.merge.parameters }
  }

  private static let methodFields: [Field<MethodRow>] = [
    .text(
      "method",
      "The merge method; those of more tasks come first, then those whose validation mean is higher."
    ) {
      $0.merge.method
    },
    .text("tasks", "The tasks that were merged, joined by +.") { $0.merge.candidate.taskList },
    .text("settings", "The grid point of the singles; empty where the manifest has no grid.") {
      $0.merge.candidate.settings
    },
    .integer("points", "How many of its merges validation chose from.") { $0.points },
    .text("model", "The chosen one.") { $0.merge.candidate.model },
    .integer("seeds", "Seeds behind recovered, as in merges.csv.") { $0.merge.recovered.seeds },
    .number(
      "validation_recovered",
      "As in merges.csv, the only other table that has it; it chose the point."
    ) {
      $0.merge.validation
    },
    .number("recovered", "What it recovers on the test split; the base is 0, the singles are 1.") {
      $0.merge.recovered.own?.value
    },
    .number("recovered_low", "Lower end of its 95 % interval for new seeds and new texts.") {
      $0.merge.recovered.own?.interval?.lowerBound
    },
    .number("recovered_high", "Its upper end.") { $0.merge.recovered.own?.interval?.upperBound },
    .text("worst_task", "The task of which it recovers least on test.") { $0.merge.worst?.task },
    .number("worst_recovered", "What it recovers there.") { $0.merge.worst?.recovered.value },
    .text("served", "Who decides among its parts; empty for one adapter.") { $0.merge.candidate.serving?.by },
    .number("bytes", unit: "bytes", "What it adds to the base, mean over seeds.") {
      $0.merge.candidate.mean(\.bytes)
    },
  ]
}

/// A merge method by its best point on validation.
package struct MethodRow {
  package var merge: MergeRow
  /// The points that the choice was among.
  package var points: Int
}

extension Evidence {
  /// The methods for each set of tasks and settings, those of most tasks first, since means over other tasks do not
  /// compare, then the best on validation, of equal ones the earlier; the base comes last.
  package var methods: [MethodRow] {
    var groups: [[String]: [MergeRow]] = [:]
    var order: [[String]] = []
    let all = merges
    for row in all where row.validation != nil {
      let key = [row.method ?? row.candidate.model, row.candidate.taskList, row.candidate.settings]
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(row)
    }
    let best = order.compactMap { key -> MethodRow? in
      let all = groups[key] ?? []
      let seeds = all.map(\.validationSeeds).max()
      let rows = all.filter { $0.validationSeeds == seeds }
      let top = rows.compactMap(\.validation).max()
      return rows.first { $0.validation == top }.map { MethodRow(merge: $0, points: rows.count) }
    }
    let bases = best.isEmpty ? [] : all.filter { $0.candidate.kind == .base }
    let sorted = best.enumerated().sorted { left, right in
      let (one, other) = (left.element.merge, right.element.merge)
      return (other.candidate.tasks.count, other.validation ?? 0, left.offset)
        < (one.candidate.tasks.count, one.validation ?? 0, right.offset)
    }.map(\.element)
    return sorted + bases.map { MethodRow(merge: $0, points: 1) }
  }
}
