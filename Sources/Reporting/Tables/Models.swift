internal import Results
internal import Specs
internal import Statistics

extension ReportTable {
  /// The models that can be used for all tasks, on one scale.
  static let models = ReportTable(
    name: "models", question: "One model for all tasks: which, and what does it take?"
  ) { evidence in
    Table(evidence.servingRows, modelFields + scaleFields + costFields + verdictFields)
  }

  private static let modelFields: [Field<ServingRow>] = [
    .text("model", "The model; `singles` are all of them together, each for its own task.") { $0.name },
    .text("kind", "base, single, cocktail or merge.") { $0.kind },
    .text("settings", "The grid point; empty where the manifest has no grid.") { $0.settings },
    .text("tasks", "The tasks that it learned from, joined by +.") { $0.tasks },
    .text(
      "served",
      "Who decides which of its parts is used: the task, which must be known then, the text or every token; empty for one "
        + "adapter."
    ) { $0.served },
    .integer("seeds", "Seeds of the model; 0 for a base that all share.") { $0.seeds },
  ]

  private static let scaleFields: [Field<ServingRow>] = [
    .integer(
      "measured_tasks",
      "Tasks whose singles are a measure, over which recovered is the mean; of a single without its own, where it is 1 by "
        + "definition."
    ) {
      $0.measured
    },
    .number(
      "recovered", "Mean over them of (model − base) ÷ (single − base) on test: 0 is the base, 1 the singles."
    ) {
      $0.recovered?.value
    },
    .number("recovered_low", "Lower end of its 95 % interval for new seeds and new texts (bootstrap).") {
      $0.recovered?.interval?.lowerBound
    },
    .number("recovered_high", "Its upper end; empty where no interval holds.") {
      $0.recovered?.interval?.upperBound
    },
    .text("worst_task", "The measured task of which it recovers least.") { $0.worst?.task },
    .number("worst_recovered", "What it recovers there.") { $0.worst?.recovered.value },
    .integer("learned_tasks", "Learned tasks, measured or not.") { $0.learned },
    .number(
      "validation_mean", unit: "metric",
      "Mean of the first metrics of all of them on validation; it chooses. Empty where one has no score or a metric with a "
        + "scale of its own, or for fewer than two tasks."
    ) {
      $0.validation
    },
    .flag(
      "chosen_on_validation",
      "Whether no other model has a higher validation_mean, of those with as many seeds as the fullest that are not told the "
        + "task; the base is no candidate."
    ) {
      $0.isChosen
    },
  ]

  private static let costFields: [Field<ServingRow>] = [
    .number("steps", "Optimiser steps to make it, mean over seeds; of a merge those of its inputs.") {
      $0.steps
    },
    .number("tokens", "Training tokens to make it, of the same steps.") { $0.tokens },
    .number("flops", unit: "flops", "Operations of these trainings, as in runs.csv.") { $0.trainingFLOPs },
    .number("parameters", "Numbers that it adds to the base, of four bytes each.") { $0.bytes / 4 },
    .number("bytes", unit: "bytes", "What it adds to the base.") { $0.bytes },
    .integer("passes", "How often a text passes through the encoder: 2 where a gate reads it first.") {
      $0.passes
    },
    .number("extra_flops", unit: "flops", "Operations of gates and experts beside the weights, a token.") {
      $0.flops
    },
  ]

  private static let verdictFields: [Field<ServingRow>] = [
    .number(
      "gain_over_all", unit: "metric",
      "Its mean over the learned tasks minus that of the cocktail of all (contrasts.csv, one_model; for the singles "
        + "all_cocktail, turned round); positive is better."
    ) { $0.gain },
    .number("gain_over_all_low", unit: "metric", "Lower end of that gain's 95 % interval.") {
      $0.gainInterval?.lowerBound
    },
    .number("gain_over_all_high", unit: "metric", "Its upper end.") { $0.gainInterval?.upperBound },
    .text("verdict", "Of that gain: win, loss, equal or undecided; all models of this table are one family.")
    {
      $0.verdict?.rawValue
    },
    .text("note", "Why there is no verdict, or what to know of it.") { $0.note },
  ]
}

/// A model that can be used for all tasks.
package struct ServingRow {
  package var name: String
  package var kind: String
  package var settings: String
  package var tasks: String
  package var served: String?
  package var seeds: Int
  package var measured: Int
  package var recovered: Recovered?
  package var worst: (task: String, recovered: Recovered)?
  /// Learned tasks, and the mean of their first metrics on validation with its fewest seeds.
  package var learned: Int
  package var validation: Double?
  package var validationSeeds: Int
  package var isChosen = false
  package var steps: Double
  package var tokens: Double
  package var trainingFLOPs: Double
  package var bytes: Double
  package var passes: Int
  package var flops: Double
  package var gain: Double?
  package var gainInterval: ClosedRange<Double>?
  package var verdict: Contrast.Outcome?
  package var note = ""
}

extension Evidence {
  /// The base, the singles together, then every model with test scores on all tasks, in the manifest's order; at each grid
  /// point the one with the best mean over the learned tasks on validation is chosen, of those that are not told the task.
  package var servingRows: [ServingRow] {
    let models = serving
    var rows: [ServingRow] = []
    for settings in models.reduce(
      into: [String](), { if !$0.contains($1.settings) { $0.append($1.settings) } })
    {
      let own = models.filter { $0.settings == settings }
      rows += own.filter { $0.kind == .base }.map(servingRow)
      if let row = singlesRow(at: settings) { rows.append(row) }
      rows += own.filter { $0.kind != .base }.map(servingRow)
    }
    for settings in Set(rows.map(\.settings)) {
      let rivals = rows.indices.filter {
        rows[$0].settings == settings && rows[$0].kind != ModelKind.base.rawValue
          && rows[$0].served != Serving.taskKnown && rows[$0].validation != nil
      }
      let most = rivals.map { rows[$0].validationSeeds }.max()
      let full = rivals.filter { rows[$0].validationSeeds == most }
      let best = full.compactMap { rows[$0].validation }.max()
      if let index = full.first(where: { rows[$0].validation == best }) { rows[index].isChosen = true }
    }
    return rows
  }

  private func servingRow(_ model: Candidate) -> ServingRow {
    let row = recovered(model)
    let measured = servedTasks(of: model)
    let contrast = register.contrast("one_model", subject: model.model)
    let learned = learnedTasks(at: model.settings)
    let scores = learned.compactMap { validationScore(model, $0) }
    return ServingRow(
      name: model.model, kind: model.kind.rawValue, settings: model.settings, tasks: model.taskList,
      served: model.serving?.by, seeds: model.seedCount, measured: measured.count,
      recovered: row.all, worst: row.worst(of: measured), learned: learned.count,
      validation: meanScore(scores, of: learned), validationSeeds: scores.map(\.count).min() ?? 0,
      steps: model.kind == .base ? 0 : model.mean(\.steps),
      tokens: model.kind == .base ? 0 : model.mean(\.tokens),
      trainingFLOPs: model.kind == .base ? 0 : model.meanFLOPs, bytes: model.mean(\.bytes),
      passes: model.serving?.passes ?? 1, flops: model.serving?.flopsPerToken ?? 0, gain: contrast?.estimate,
      gainInterval: contrast?.interval, verdict: contrast?.outcome, note: contrast?.note ?? "")
  }

  /// The tasks that are learned at a grid point.
  func learnedTasks(at settings: String) -> [TaskColumn] {
    let learned = scale.learnedTasks(at: settings)
    return tasks.filter { learned.contains($0.name) }
  }

  private func validationScore(_ model: Candidate, _ task: TaskColumn) -> Estimate? {
    task.decidingMetric.flatMap { estimate(model, task.name, .validation, $0.name) }
  }

  /// Nil where a task has no score, or none that a mean can hold: one over the others would say nothing of this one.
  private func meanScore(_ scores: [Estimate], of tasks: [TaskColumn]) -> Double? {
    let isWhole = scores.count == tasks.count && tasks.allSatisfy { $0.decidingMetric?.isInPoints == true }
    return isWhole && tasks.count > 1 ? Estimate.mean(scores.map(\.mean)) : nil
  }

  /// All singles of a grid point, each for its own task: the scale's one, as many adapters as tasks.
  private func singlesRow(at settings: String) -> ServingRow? {
    let singles = tasks.compactMap { single(of: $0.name, settings: settings) }
    let measured = scale.tasks(at: settings)
    guard singles.count == tasks.count, singles.count > 1 else { return nil }
    let learned = learnedTasks(at: settings)
    let scores = learned.compactMap { task in
      single(of: task.name, settings: settings).flatMap { validationScore($0, task) }
    }
    var row = ServingRow(
      name: "singles", kind: ModelKind.single.rawValue, settings: settings,
      tasks: tasks.map(\.name).joined(separator: "+"), served: Serving.taskKnown,
      seeds: singles.map(\.rows.count).min() ?? 0, measured: measured.count,
      recovered: measured.isEmpty ? nil : Recovered(value: 1),
      worst: measured.first.map { ($0, Recovered(value: 1)) },
      learned: learned.count, validation: meanScore(scores, of: learned),
      validationSeeds: scores.map(\.count).min() ?? 0,
      steps: singles.reduce(0) { $0 + $1.mean(\.steps) },
      tokens: singles.reduce(0) { $0 + $1.mean(\.tokens) },
      trainingFLOPs: singles.reduce(0) { $0 + $1.meanFLOPs },
      bytes: singles.reduce(0) { $0 + $1.mean(\.bytes) }, passes: 1, flops: 0)
    // The same comparison from the other side.
    guard let all = register.contrast("all_cocktail", arm: singles[0].arm), all.rivals == 1 else {
      return row
    }
    row.gain = -all.estimate
    row.gainInterval = all.interval.map { -$0.upperBound ... -$0.lowerBound }
    row.note = all.note
    switch all.outcome {
    case .win: row.verdict = .loss
    case .loss: row.verdict = .win
    case .equal, .undecided: row.verdict = all.outcome
    case nil: row.verdict = nil
    }
    return row
  }
}
