package import Results
internal import Specs
internal import Statistics

extension ReportTable {
  /// Every tested model on every task between the base and the single.
  static let recovered = ReportTable(
    name: "recovered", question: "Where between the base and the single does every model stand?"
  ) { evidence in
    Table(evidence.recoveredCells, recoveredFields)
  }

  /// The same with a column a task, validation beside test: for grids whose points were not all tested.
  static let wideRecovered = ReportTable(
    name: "wide/recovered", question: "What does every model recover, task by task?"
  ) { evidence in
    let scores = evidence.tasks.flatMap { task in
      [Split.validation, .test].map { split in
        Field<Candidate>.number(
          "\(split.rawValue)_\(task.name)",
          "(model − base) ÷ (single − base) on the \(split.rawValue) split of \(task.name); empty where its single does not "
            + "take part: on validation where it is not better than the base, on test where it is not measured (recovered.csv), "
            + "on both where the base has no score."
        ) { model in
          let takesPart =
            split == .test
            ? evidence.scale.tasks(at: model.settings).contains(task.name)
            : evidence.baseScore(task, settings: model.settings, on: split) != nil
              && evidence.orders(task, settings: model.settings)
          return takesPart ? evidence.recovered(model, task, on: split) : nil
        }
      }
    }
    return Table(evidence.candidates.filter { $0.kind != .floor }, nameFields + scores)
  }

  private static let nameFields: [Field<Candidate>] = [
    .text("model", "The model's name.") { $0.model },
    .text("kind", "base, single, cocktail or merge.") { $0.kind.rawValue },
    .text("settings", "The grid point; empty where the manifest has no grid.") { $0.settings },
    .text("tasks", "The tasks that it learned from, joined by +.") { $0.taskList },
  ]

  private static let recoveredFields: [Field<RecoveredCell>] = [
    .text("model", "The model's name.") { $0.model.model },
    .text("kind", "base, single, cocktail or merge.") { $0.model.kind.rawValue },
    .text("settings", "The grid point; empty where the manifest has no grid.") { $0.model.settings },
    .text("task", "The task.") { $0.task.name },
    .text("metric", "Its first metric.") { $0.metric.name },
    .flag("seen", "Whether the model learned from the task.") { $0.model.tasks.contains($0.task.name) },
    .integer("seeds", "Seeds with a test value; 0 for a base that all share.") { $0.seeds },
    .number("base", unit: "metric", "The base on test.") { $0.base },
    .number("single", unit: "metric", "The task's single on test, mean over seeds.") { $0.single },
    .number("value", unit: "metric", "The model on test, mean over seeds.") { $0.value },
    .flag(
      "measured",
      "Whether the single is at least four standard errors above the base on validation: nearer ones make no measure."
    ) { $0.isMeasured },
    .number(
      "recovered",
      "(model − base) ÷ (single − base): 0 is the base, 1 the single; of a merge over the seeds that both have. Empty where "
        + "the task is not measured."
    ) { $0.recovered?.value },
    .number("recovered_low", "Lower end of Fieller's 95 % interval for new seeds and new texts.") {
      $0.recovered?.interval?.lowerBound
    },
    .number("recovered_high", "Its upper end; empty where no interval holds.") {
      $0.recovered?.interval?.upperBound
    },
  ]
}

/// A model on one task between base and single.
package struct RecoveredCell {
  package var model: Candidate
  package var task: TaskColumn
  package var metric: MetricColumn
  package var seeds: Int
  package var base: Double?
  package var single: Double?
  package var value: Double?
  package var isMeasured: Bool
  package var recovered: Recovered?
}

extension Evidence {
  /// By model and task, each in the manifest's order.
  package var recoveredCells: [RecoveredCell] {
    candidates.flatMap { model -> [RecoveredCell] in
      let row = recovered(model)
      let measured = scale.tasks(at: model.settings)
      return tasks.compactMap { task in
        guard let metric = task.decidingMetric,
          let value = estimate(model, task.name, .test, metric.name)
        else { return nil }
        return RecoveredCell(
          model: model, task: task, metric: metric,
          seeds: model.kind == .base && model.seedCount == 0 ? 0 : value.count,
          base: baseScore(task, settings: model.settings, on: .test),
          single: single(of: task.name, settings: model.settings).flatMap {
            estimate($0, task.name, .test, metric.name)?.mean
          }, value: value.mean, isMeasured: measured.contains(task.name), recovered: row.byTask[task.name])
      }
    }
  }
}
