internal import Basics
internal import Results
internal import Statistics

extension ReportTable {
  /// The register: every comparison once.
  static let contrasts = ReportTable(
    name: "contrasts", question: "What was compared, what came of it, and what would decide it?"
  ) { evidence in
    let experiment = evidence.results.experiment
    return Table(
      evidence.register.contrasts.map { (experiment: experiment, contrast: $0) },
      identity + numbers + verdicts)
  }

  private typealias Line = (experiment: String, contrast: Contrast)

  private static let identity: [Field<Line>] = [
    .text("experiment", "The experiment's name.") { $0.experiment },
    .text("question", "What is asked; a family of comparisons is one question about one subject in one arm.")
    {
      $0.contrast.question
    },
    .text("subject", "What the question is about where it is asked of several: an ingredient, a model.") {
      $0.contrast.subject
    },
    .text("arm", "The grid point under which it is asked; empty where that is not part of the question.") {
      $0.contrast.arm
    },
    .text("task", "The task; empty for the mean over the learned tasks.") { $0.contrast.task },
    .text("metric", "The metric; empty for that mean.") { $0.contrast.metric },
    .text("first_role", "What the first model is to the question.") { $0.contrast.first.role },
    .text("first_model", "Its name; empty where each task has its own.") { $0.contrast.first.model },
    .text("second_role", "What it is held against.") { $0.contrast.second.role },
    .text("second_model", "Its name; empty where each task has its own.") { $0.contrast.second.model },
    .integer("tasks", "Tasks of the family; for a mean those behind it.") { $0.contrast.tasks },
    .integer("first_candidates", "Among how many the first side was chosen on validation; 1 for no choice.") {
      $0.contrast.candidates
    },
    .integer("second_candidates", "Among how many the second side was.") { $0.contrast.rivals },
    .integer("first_seeds", "Seeds of the first side; 0 for a model without any.") { $0.contrast.firstSeeds },
    .integer("second_seeds", "Seeds of the second side.") { $0.contrast.secondSeeds },
    .integer("n_test", unit: "examples", "Test examples behind it; empty without predictions.") {
      $0.contrast.items
    },
    .flag("paired", "Whether the first side was made of the second's trainings, seed by seed.") {
      $0.contrast.isPaired
    },
  ]

  private static let numbers: [Field<Line>] = [
    .number("estimate", unit: "metric", "First minus second, turned so that positive is better.") {
      $0.contrast.estimate
    },
    .number("se_seed", unit: "metric", "Its standard error from seeds.") { $0.contrast.seedError },
    .number("se_item", unit: "metric", "Its standard error from test items; empty without predictions.") {
      $0.contrast.itemError
    },
    .number("degrees", "Degrees of freedom of both together (Satterthwaite).") {
      $0.contrast.variance?.degrees
    },
    .text("rule", "How both became one variance: sum or moderated; empty where no interval holds.") {
      $0.contrast.rule
    },
    .number(
      "chosen_bias", unit: "metric", "By how much a chosen side can stand too high; 0 without a choice."
    ) {
      $0.contrast.chosenBias
    },
    .number("ci_low", unit: "metric", "Lower end of the 95 % interval for new seeds and new texts.") {
      $0.contrast.interval?.lowerBound
    },
    .number("ci_high", unit: "metric", "Its upper end.") { $0.contrast.interval?.upperBound },
    .number("family_low", unit: "metric", "Lower end of the interval that is simultaneous over the family.") {
      $0.contrast.familyInterval?.lowerBound
    },
    .number("family_high", unit: "metric", "Its upper end; clear of zero exactly where the family rejects.") {
      $0.contrast.familyInterval?.upperBound
    },
    .number("p", "Two-sided p of this comparison alone.") { $0.contrast.p },
    .number(
      "p_adjusted",
      "The smallest level at which the family rejects: the mean first, then Holm over its tasks."
    ) {
      $0.contrast.adjusted
    },
  ]

  private static let verdicts: [Field<Line>] = [
    .text("verdict", "win, loss, equal (within the margin) or undecided; empty where none may be given.") {
      $0.contrast.outcome?.rawValue
    },
    .text("note", "Why there is no verdict, or what to know of it.") { $0.contrast.note },
    .integer("collapsed", "Seeds of either side that answer one label or no better than a constant.") {
      $0.contrast.collapsed
    },
    .number(
      "margin", unit: "metric", "Differences within it count as equal; empty where the manifest sets none."
    ) {
      $0.contrast.margin
    },
    .number("p_equal", "p of equality within the margin, corrected over the family.") { $0.contrast.equalP },
    .number(
      "smallest_margin", unit: "metric", "The smallest margin within which this comparison could say equal."
    ) {
      $0.contrast.smallestMargin
    },
    .number(
      "detectable", unit: "metric", "The smallest true difference that this design finds with 80 % power."
    ) {
      $0.contrast.detectable
    },
    .text("decides", "Whether seeds or items carry more of the error.") { $0.contrast.decides },
    .text(
      "needed",
      "What would decide it, were the true difference as estimated (or the margin, where that is more): seeds a side, test "
        + "items, or both."
    ) { $0.contrast.need.map(\.words) },
  ]
}

extension Design.Need {
  /// `12 seeds`, `2400 items`.
  var words: String {
    switch self {
    case .seeds(let count): "\(count) seeds"
    case .items(let count): "\(count) items"
    case .both(let seeds): "\(seeds) seeds and more items"
    case .manySeeds: "more than 50 seeds"
    }
  }
}
