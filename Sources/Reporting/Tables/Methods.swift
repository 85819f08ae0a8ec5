internal import Results
internal import Specs
internal import Statistics

extension ReportTable {
  /// Merge methods: each by the point of its grid that validation prefers.
  static let methods = ReportTable(name: "methods", question: "Which way to merge helps?") { evidence in
    Table(evidence.methods, methodFields)
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
    .integer("seeds", "Seeds behind mean_normalised, as in merges.csv.") { $0.merge.seeds },
    .number(
      "validation_mean_normalised", "Its mean normalised score on the validation split, which chose it."
    ) {
      $0.merge.validationMean
    },
    .number("mean_normalised", "Its mean normalised score on the test split.") { $0.merge.mean },
    .number("mean_normalised_ci", "Half the width of that mean's 95 % interval over seeds.") {
      $0.merge.meanOverSeeds?.halfWidth
    },
    .text("worst_task", "The task with its lowest normalised test score.") { $0.merge.worst?.task },
    .number("worst_normalised", "That score.") { $0.merge.worst?.score },
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
  /// compare, then the best on validation; of equal ones the earlier.
  package var methods: [MethodRow] {
    var groups: [[String]: [MergeRow]] = [:]
    var order: [[String]] = []
    for row in merges where row.validationMean != nil {
      let key = [row.method ?? row.candidate.model, row.candidate.taskList, row.candidate.settings]
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(row)
    }
    let best = order.compactMap { key -> MethodRow? in
      let all = groups[key] ?? []
      let seeds = all.map(\.validationSeeds).max()
      let rows = all.filter { $0.validationSeeds == seeds }
      let top = rows.compactMap(\.validationMean).max()
      return rows.first { $0.validationMean == top }.map { MethodRow(merge: $0, points: rows.count) }
    }
    return best.enumerated().sorted { left, right in
      let (one, other) = (left.element.merge, right.element.merge)
      return (other.candidate.tasks.count, other.validationMean ?? 0, left.offset)
        < (one.candidate.tasks.count, one.validationMean ?? 0, right.offset)
    }.map(\.element)
  }
}
