internal import Results
internal import Statistics

extension ReportTable {
  /// The main table: single against cocktails and merges, task by task.
  static let comparison = ReportTable(
    name: "comparison", question: "For every task: is a cocktail or a merge better than training on it alone?"
  ) { evidence in
    Table(evidence.comparisons, taskFields + floorFields + singleFields + contenderFields + chosenField)
  }

  private static let taskFields: [Field<ComparisonRow>] = [
    .text("arm", "The budget whose models these are; empty where the manifest has one.") { $0.arm },
    .text("task", "The task.") { $0.task.name },
    .text("metric", "The metric; the first one of a task decides what is chosen.") { $0.metric.name },
    .text("by", Column.groups) { $0.task.by },
    .flag("higher_is_better", "Whether larger values of the metric are better.") { $0.metric.higherIsBetter },
    .integer("n_test", unit: "examples", "Examples of the test split behind each value.") { $0.testExamples },
    .integer("seeds", "Seeds of the single that have a test value.") { $0.single?.score?.count },
    .number("base", unit: "metric", "The base without any training; mean over seeds where each has its own.")
    {
      $0.base?.mean
    },
    .number(
      "base_ci", unit: "metric", "Half the width of its 95 % interval; empty for a base that all seeds share."
    ) { $0.base?.halfWidth },
  ]

  private static let floorFields: [Field<ComparisonRow>] =
    Floor.allCases.map { floor in
      .number("floor_\(floor.rawValue)", unit: "metric", floor.definition) { $0.floors[floor]?.mean }
    } + [
      .text(
        "floor_model",
        "The best of these and the base by the validation value of the first metric; a single that is not "
          + "clearly above it there has not learned the task."
      ) { $0.floor?.candidate.model },
      .number("floor", unit: "metric", "Its test value.") { $0.floor?.score?.mean },
      .number(
        "floor_ci", unit: "metric",
        "Half the width of its 95 % interval, where it differs from seed to seed; empty where all share it."
      ) { $0.floor?.score?.halfWidth },
    ]

  private static let singleFields: [Field<ComparisonRow>] = [
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
        "\(prefix)_delta", unit: "metric", "Its gain over the single; positive is better (contrasts.csv)."
      ) {
        $0[role]?.contrast?.estimate
      },
      .number(
        "\(prefix)_low", unit: "metric",
        "Lower end of the gain's own 95 % interval for new seeds and new texts; empty where the side was chosen."
      ) {
        $0[role]?.contrast?.interval?.lowerBound
      },
      .number(
        "\(prefix)_high", unit: "metric",
        "Its upper end; contrasts.csv has the interval that is simultaneous over the question."
      ) {
        $0[role]?.contrast?.interval?.upperBound
      },
      .number(
        "\(prefix)_p_adjusted",
        "The smallest level at which the question's family rejects; empty where not judged."
      ) {
        $0[role]?.contrast?.adjusted
      },
      .text("\(prefix)_verdict", "win, loss, equal or undecided; empty where none may be given.") {
        $0[role]?.contrast?.outcome?.rawValue
      },
      .text("\(prefix)_note", "Why there is no verdict, or what to know of it.") { $0[role]?.note },
    ]
  }

  private static let chosenField: [Field<ComparisonRow>] = [
    .text("chosen_on", "What the best ones were chosen by; empty where no validation value exists.") {
      $0.chosenOn
    }
  ]
}
