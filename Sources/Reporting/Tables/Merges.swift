internal import Results
internal import Specs
internal import Statistics

extension ReportTable {
  /// Merge recipes: how much of its experts each one keeps.
  static let merges = ReportTable(name: "merges", question: "Which merge keeps most of its experts?") {
    evidence in
    let tasks = evidence.tasks.enumerated().map { index, task in
      Field<MergeRow>.number(
        "normalised_\(task.name)",
        "Merged ÷ single on \(task.name) (test, first metric; single ÷ merged where lower is better): 1 "
          + "is as good. Empty where the single is not better than the base, and than zero, by more than the "
          + "standard deviation over its seeds, and where the base has no score (linear heads)."
      ) { $0.normalised[index] }
    }
    return Table(evidence.merges, recipeFields + tasks + outcomeFields)
  }

  private static let recipeFields: [Field<MergeRow>] = [
    .text("model", "The merged model.") { $0.candidate.model },
    .text("method", "The merge method.") { $0.method },
    .text("recipe", "What was merged, and how.") { $0.candidate.recipe },
    .text("settings", "The grid point of its inputs; empty where the manifest has no grid.") {
      $0.candidate.settings
    },
    .text("tasks", "The tasks of its inputs, joined by +.") { $0.candidate.taskList },
    .integer(
      "seeds",
      "Seeds behind mean_normalised: where its tasks have different numbers of them, the smallest; 0 without a mean."
    ) { $0.seeds },
  ]

  private static let outcomeFields: [Field<MergeRow>] = [
    .number("mean_normalised", "Mean of the normalised scores over the tasks of its inputs that have one.") {
      $0.mean
    },
    .number(
      "mean_normalised_ci",
      "Half the width of the 95 % interval of that mean over seeds, each held against the mean of the singles."
    ) { $0.meanOverSeeds?.halfWidth },
    .text("worst_task", "The task of its inputs with the lowest normalised score.") { $0.worst?.task },
    .number("worst_normalised", "That score.") { $0.worst?.score },
    .number(
      "validation_mean_normalised",
      "The same mean on the validation split, with the tasks whose base has no score; it chooses and claims nothing."
    ) { $0.validationMean },
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
