internal import Results
internal import Statistics

extension ReportTable {
  /// Trained models as wholes: how well over their tasks, at what cost.
  static let cocktails = ReportTable(
    name: "cocktails", question: "How does every cocktail do over its tasks, and what did it take?"
  ) { evidence in
    Table(evidence.cocktails, cocktailFields)
  }

  private static let cocktailFields: [Field<CocktailRow>] = [
    .text("model", "The trained model.") { $0.candidate.model },
    .text("kind", "single or cocktail.") { $0.candidate.kind.rawValue },
    .text("recipe", "What was trained.") { $0.candidate.recipe },
    .text("settings", "The grid point; empty where the manifest has no grid.") { $0.candidate.settings },
    .text("tasks", "The tasks that it learned from, joined by +.") { $0.candidate.taskList },
    .integer("task_count", "How many they are.") { $0.candidate.tasks.count },
    .integer("seeds", "Seeds behind mean: those with a test value on every one of its own tasks.") {
      $0.seeds
    },
    .number(
      "mean", unit: "metric",
      "Mean over its own tasks of their first metric on test, then over seeds; "
        + "empty where a task is missing or the directions differ."
    ) { $0.mean?.mean },
    .number("mean_ci", unit: "metric", "Half the width of its 95 % interval over seeds.") {
      $0.mean?.halfWidth
    },
    .number(
      "delta_m", unit: "percent",
      "Mean over its own tasks of the gain relative to the single at the same settings; positive is better. Tasks whose "
        + "single is not further from zero than the standard deviation over its seeds are left out. Empty for a single."
    ) { $0.ownGain?.estimate.mean },
    .number("delta_m_ci", unit: "percent", "Half the width of its 95 % interval over seeds.") {
      $0.ownGain?.estimate.halfWidth
    },
    .integer("delta_m_tasks", "How many tasks delta_m is over: without those left out.") {
      $0.ownGain?.tasks.count
    },
    .integer("delta_m_seeds", "Seeds behind delta_m: those that it and all these singles have.") {
      $0.ownGain?.estimate.count
    },
    .number(
      "delta_m_all", unit: "percent",
      "The same over all tasks that it was evaluated on; empty for a single on its own task alone."
    ) {
      $0.fullGain?.estimate.mean
    },
    .number("delta_m_all_ci", unit: "percent", "Half the width of its 95 % interval over seeds.") {
      $0.fullGain?.estimate.halfWidth
    },
    .integer("delta_m_all_tasks", "How many tasks delta_m_all is over: without those left out.") {
      $0.fullGain?.tasks.count
    },
    .integer("delta_m_all_seeds", "Seeds behind delta_m_all.") { $0.fullGain?.estimate.count },
    .text(
      "verdict",
      "Of the mean over all learned tasks against their singles (contrasts.csv, all_cocktail); empty for other cocktails."
    ) { $0.contrast?.outcome?.rawValue },
    .number("steps", "Optimiser steps, mean over seeds.") { $0.candidate.mean(\.steps) },
    .number("examples", "Training examples drawn, mean over seeds.") { $0.candidate.mean(\.examples) },
    .number("tokens", "Training tokens drawn, mean over seeds.") { $0.candidate.mean(\.tokens) },
    .number("flops", unit: "flops", "Operations of the training, mean over seeds, as in runs.csv.") {
      $0.candidate.meanFLOPs
    },
  ]
}
