internal import Results
internal import Statistics

extension ReportTable {
  /// The main table: single against cocktails and merges, task by task.
  static let comparison = ReportTable(
    name: "comparison", question: "For every task: is a cocktail or a merge better than training on it alone?"
  ) { evidence in
    Table(evidence.comparisons, taskFields + contenderFields + chosenField)
  }

  private static let taskFields: [Field<ComparisonRow>] = [
    .text("task", "The task.") { $0.task.name },
    .text("metric", "The metric; the first one of a task decides what is chosen.") { $0.metric.name },
    .flag("higher_is_better", "Whether larger values of the metric are better.") { $0.metric.higherIsBetter },
    .integer("n_test", unit: "examples", "Examples of the test split behind each value.") { $0.testExamples },
    .integer("seeds", "Seeds of the single that have a test value.") { $0.single?.score?.count },
    .number("base", unit: "metric", "The base without any training.") { $0.base?.mean },
    .number("single_mean", unit: "metric", "The model trained on this task alone: mean over seeds.") {
      $0.single?.score?.mean
    },
    .number("single_ci", unit: "metric", "Half the width of its 95 % interval; empty for one seed.") {
      $0.single?.score?.halfWidth
    },
    .text("single_model", "Its name; with a grid the point chosen on validation.") {
      $0.single?.candidate.model
    },
  ]

  private static let contenderFields: [Field<ComparisonRow>] = ComparisonRow.Role.allCases.flatMap { role in
    fields(of: role)
  }

  private static func fields(of role: ComparisonRow.Role) -> [Field<ComparisonRow>] {
    let prefix = role.rawValue
    let words = role.words
    return [
      .text("\(prefix)_model", "\(role.definition)") { $0[role]?.candidate.model },
      .number("\(prefix)_mean", unit: "metric", "Mean over seeds of the \(words).") { $0[role]?.score?.mean },
      .number("\(prefix)_ci", unit: "metric", "Half the width of its 95 % interval.") {
        $0[role]?.score?.halfWidth
      },
      .integer("\(prefix)_seeds", "Seeds behind that mean.") { $0[role]?.score?.count },
      .number(
        "\(prefix)_delta", unit: "metric",
        "Its mean gain over the single, paired by seed; positive is better."
      ) {
        $0[role]?.test?.difference.mean
      },
      .number("\(prefix)_delta_ci", unit: "metric", "Half the width of the gain's 95 % interval.") {
        $0[role]?.test?.difference.halfWidth
      },
      .integer("\(prefix)_pairs", "Seeds that both the \(words) and the single have.") {
        $0[role]?.test?.difference.count
      },
      .number("\(prefix)_p", "Two-sided p of the paired t test; empty where no test is possible.") {
        $0[role]?.test?.p
      },
      .number(
        "\(prefix)_p_adjusted",
        "The p after Holm's correction over the comparisons on deciding metrics, or on further ones."
      ) {
        $0[role]?.adjusted
      },
      .text("\(prefix)_verdict", "better, worse or n.s. at 5 % after the correction; empty where not tested.")
      {
        $0[role]?.verdict?.rawValue
      },
    ]
  }

  private static let chosenField: [Field<ComparisonRow>] = [
    .text("chosen_on", "What the best ones were chosen by; empty where no validation value exists.") {
      $0.chosenOn
    }
  ]
}
