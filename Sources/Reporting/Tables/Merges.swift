internal import Results
internal import Specs
internal import Statistics

extension ReportTable {
  /// Merge recipes: how much of what their experts learned each one recovers.
  static let merges = ReportTable(
    name: "merges", question: "Which merge recovers most of what its experts learned?"
  ) { evidence in
    Table(evidence.merges, recipeFields + outcomeFields) { $0.parameters }
  }

  private static let recipeFields: [Field<MergeRow>] = [
    .text("model", "The merged model; the base stands beside them as the scale's zero.") {
      $0.candidate.model
    },
    .text("method", "The merge method; empty for the base.") { $0.method },
    .text("recipe", "What was merged, and how.") { $0.candidate.recipe },
    .text("settings", "The grid point of its inputs; empty where the manifest has no grid.") {
      $0.candidate.settings
    },
    .text("tasks", "The tasks of its inputs, joined by +.") { $0.candidate.taskList },
    .integer(
      "seeds",
      "Seeds behind recovered: where its tasks have different numbers of them, the smallest; 0 without any."
    ) { $0.recovered.seeds },
  ]

  private static let outcomeFields: [Field<MergeRow>] = [
    .number(
      "recovered",
      "Mean over the measured tasks of its inputs of (model − base) ÷ (single − base) on test; see recovered.csv."
    ) { $0.recovered.own?.value },
    .number("recovered_low", "Lower end of its 95 % interval for new seeds and new texts.") {
      $0.recovered.own?.interval?.lowerBound
    },
    .number("recovered_high", "Its upper end; empty where no interval holds.") {
      $0.recovered.own?.interval?.upperBound
    },
    .text("worst_task", "The measured task of its inputs of which it recovers least.") { $0.worst?.task },
    .number("worst_recovered", "What it recovers there.") { $0.worst?.recovered.value },
    .number(
      "validation_recovered",
      "Mean on validation of (model − base) ÷ (single − base), over the tasks of its inputs whose single is better than the "
        + "base there by more than the standard deviation over its seeds. Where the base has no score: of model ÷ single, over "
        + "those that are better than nothing. It chooses among merges and claims nothing."
    ) { $0.validation },
    .flag(
      "chosen_on_validation",
      "Whether it has the best validation mean among the merges of the same tasks, those that are told the task apart; "
        + "the earlier of equal ones."
    ) { $0.isChosen },
    .number(
      "retained_energy",
      "Mean over layers and seeds of the share of the squared norm that is left after the rank was cut."
    ) { $0.retainedEnergy },
    .number("min_retained_energy", "The smallest of those shares.") { $0.leastRetainedEnergy },
    .number("bytes", unit: "bytes", "What the model adds to the base, mean over seeds.") {
      $0.candidate.mean(\.bytes)
    },
    .text(
      "served",
      "Who decides which of its parts is used: the task, which must be known then, the text or every token; "
        + "empty for one adapter."
    ) { $0.candidate.serving?.by },
    .number("extra_bytes", unit: "bytes", "Bytes beyond one of its experts' adapters; empty for one adapter.")
    {
      row in row.candidate.serving.map { row.candidate.mean(\.bytes) - Double($0.expertBytes) }
    },
    .integer(
      "passes",
      "How often a text passes through the encoder: 2 where a gate reads it first; empty for one adapter."
    ) { $0.candidate.serving?.passes },
    .number(
      "extra_flops", unit: "flops",
      "Operations of gates and experts beside the weights, a token; empty for one adapter."
    ) { $0.candidate.serving?.flopsPerToken },
  ]
}
