internal import Results
internal import Specs

extension ReportTable {
  /// Which merges of the same tasks are not beaten on all of them by another one.
  static let pareto = ReportTable(
    name: "pareto", question: "Which merges does no other one beat on every task?"
  ) {
    Table($0.fronts, nameFields + frontFields)
  }

  private static let nameFields: [Field<FrontRow>] = [
    .text("model", "The merged model.") { $0.candidate.model },
    .text("settings", "The grid point of its inputs; empty where the manifest has no grid.") {
      $0.candidate.settings
    },
    .text(
      "tasks",
      "The tasks of its inputs, joined by +: models of the same tasks are held against each other, those that are told the "
        + "task apart."
    ) {
      $0.candidate.taskList
    },
    .text("served", "Who decides which of its parts is used; empty for one adapter.") {
      $0.candidate.serving?.by
    },
  ]

  private static let frontFields: [Field<FrontRow>] = [
    .flag(
      "on_front",
      "Whether no other merge of the same tasks is at least as good on all of them and better on one, on validation."
    ) { $0.isOnFront },
    .text("beaten_by", "The first merge that is; empty on the front.") { $0.beatenBy },
    .number(
      "hypervolume",
      "Of two tasks: the area below the front of all merges of these tasks, from 0 to what they recover on test."
    ) { $0.hypervolume },
  ]
}

/// A merge among those of the same tasks.
package struct FrontRow {
  package var candidate: Candidate
  /// What it recovers, by task.
  package var validation: [Double]?
  package var test: [Double]?
  /// Nil where a score is missing.
  package var isOnFront: Bool?
  package var beatenBy: String?
  package var hypervolume: Double?
}

extension Evidence {
  /// The merges, in the manifest's order, with the front of those that learned the same tasks at the same settings; those
  /// that are told the task have one of their own.
  package var fronts: [FrontRow] {
    let models = candidates(of: .merge)
    func points(_ names: (Candidate) -> [String], _ split: Split) -> [[Double]?] {
      models.map { model in
        let own = names(model)
        let known = tasks.filter { own.contains($0.name) }.compactMap { recovered(model, $0, on: split) }
        return known.count == own.count && !known.isEmpty ? known : nil
      }
    }
    let chosen = points({ model in orderingTasks(of: model).map(\.name) }, .validation)
    let shown = points({ measuredTasks(of: $0) }, .test)
    let rivalries = models.map { Rivalry($0, settings: $0.settings) }
    let groups = Dictionary(grouping: models.indices) { rivalries[$0] }
    let areas = groups.mapValues { Front.area($0.compactMap { shown[$0] }.filter { $0.count == 2 }) }
    return models.indices.map { index in
      let rivals = groups[rivalries[index]] ?? []
      let better = chosen[index].map { point in
        rivals.first { other in chosen[other].map { Front.beats($0, point) } ?? false }
      }
      return FrontRow(
        candidate: models[index], validation: chosen[index], test: shown[index],
        isOnFront: better.map { $0 == nil }, beatenBy: (better ?? nil).map { models[$0].model },
        hypervolume: shown[index]?.count == 2 ? areas[rivalries[index]] ?? nil : nil)
    }
  }
}

/// Pareto fronts of points of which more is better.
package enum Front {
  /// Whether a point is at least as good in everything and better in something.
  package static func beats(_ one: [Double], _ other: [Double]) -> Bool {
    zip(one, other).allSatisfy { $0 >= $1 } && zip(one, other).contains { $0 > $1 }
  }

  /// The area that points of two numbers dominate, from (0, 0); negative numbers count as 0; nil without points.
  package static func area(_ points: [[Double]]) -> Double? {
    guard !points.isEmpty else { return nil }
    var (area, height) = (0.0, 0.0)
    for point in points.map({ (max(0, $0[0]), max(0, $0[1])) }).sorted(by: { ($0.0, $0.1) > ($1.0, $1.1) })
    where point.1 > height {
      area += point.0 * (point.1 - height)
      height = point.1
    }
    return area
  }
}
