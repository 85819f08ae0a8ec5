internal import Basics
internal import Results
internal import Statistics

extension ReportTable {
  /// The register: every comparison once.
  static let contrasts = ReportTable(
    name: "contrasts", question: "What was compared, what came of it, and what would decide it?"
  ) { evidence in
    Table(evidence.register.contrasts, identity + numbers + verdicts)
  }

  private static let identity: [Field<Contrast>] = [
    .text("question", "What is asked; a family of comparisons is one question about one subject in one arm.")
    {
      $0.question
    },
    .text("subject", "What the question is about where it is asked of several: an ingredient, a model.") {
      $0.subject
    },
    .text(
      "arm",
      "The budget or grid point under which it is asked; empty where that is not part of the question."
    ) {
      $0.arm
    },
    .text("second_arm", "The budget of the second side where that is another one.") { $0.secondArm },
    .text(
      "held",
      "What both sides have alike: steps (to 1 %), exposure (examples of the task, to 10 %) or both; of a mean on all of its "
        + "tasks; empty for neither."
    ) { $0.held },
    .text("task", "The task; empty for the mean over the learned tasks.") { $0.task },
    .text("metric", "The metric; empty for that mean.") { $0.metric },
    .text("first_role", "What the first model is to the question.") { $0.first.role },
    .text("first_model", "Its name; empty where each task has its own.") { $0.first.model },
    .text("second_role", "What it is held against.") { $0.second.role },
    .text("second_model", "Its name; empty where each task has its own.") { $0.second.model },
    .integer("tasks", "Tasks of the family; for a mean those behind it.") { $0.tasks },
    .integer("first_candidates", "Among how many the first side was chosen on validation; 1 for no choice.") {
      $0.candidates
    },
    .integer("second_candidates", "Among how many the second side was.") { $0.rivals },
    .integer("first_seeds", "Seeds of the first side; 0 for a model without any.") { $0.firstSeeds },
    .integer("second_seeds", "Seeds of the second side.") { $0.secondSeeds },
    .integer("n_test", unit: "examples", "Test examples behind it; empty without predictions.") {
      $0.items
    },
    .flag(
      "paired",
      "Whether it was made seed by seed: the first side of the second's trainings, or both on bases that the seeds pretrained."
    ) {
      $0.isPaired
    },
  ]

  private static let numbers: [Field<Contrast>] = [
    .number("estimate", unit: "metric", "First minus second, turned so that positive is better.") {
      $0.estimate
    },
    .number("se_seed", unit: "metric", "Its standard error from seeds.") { $0.seedError },
    .number("se_item", unit: "metric", "Its standard error from test items; empty without predictions.") {
      $0.itemError
    },
    .number("degrees", "Degrees of freedom of both together (Satterthwaite).") {
      $0.variance?.degrees
    },
    .text("rule", "How both became one variance: sum or moderated; empty where no interval holds.") {
      $0.rule
    },
    .number(
      "chosen_bias", unit: "metric", "By how much a chosen side can stand too high; 0 without a choice."
    ) {
      $0.chosenBias
    },
    .number("ci_low", unit: "metric", "Lower end of the 95 % interval for new seeds and new texts.") {
      $0.interval?.lowerBound
    },
    .number("ci_high", unit: "metric", "Its upper end.") { $0.interval?.upperBound },
    .number("family_low", unit: "metric", "Lower end of the interval that is simultaneous over the family.") {
      $0.familyInterval?.lowerBound
    },
    .number(
      "family_high", unit: "metric",
      "Its upper end. An end at 0 is open: the family rejects exactly where the interval does not reach beyond it. Of its level 0.8 go to the mean and 0.2 to the tasks."
    ) {
      $0.familyInterval?.upperBound
    },
    .number("p", "Two-sided p of this comparison alone.") { $0.p },
    .number(
      "p_adjusted",
      "The smallest level at which the family rejects: the mean first, then Holm over its tasks."
    ) {
      $0.adjusted
    },
  ]

  private static let verdicts: [Field<Contrast>] = [
    .text("verdict", "win, loss, equal (within the margin) or undecided; empty where none may be given.") {
      $0.outcome?.rawValue
    },
    .text("note", "Why there is no verdict, or what to know of it.") { $0.note },
    .integer(
      "collapsed",
      "Seeds of both sides that collapsed, over all tasks for a mean: one label for over 95 % of the items, or no better than "
        + "a constant (by two standard errors of items) with the best seed four standard errors above."
    ) {
      $0.collapsed
    },
    .number(
      "margin", unit: "metric", "Differences within it count as equal; empty where the manifest sets none."
    ) {
      $0.margin
    },
    .number("p_equal", "p of equality within the margin, corrected over the family.") { $0.equalP },
    .number(
      "smallest_margin", unit: "metric", "The smallest margin within which this comparison could say equal."
    ) {
      $0.smallestMargin
    },
    .number(
      "detectable", unit: "metric", "The smallest true difference that this design finds with 80 % power."
    ) {
      $0.detectable
    },
    .text("decides", "Whether seeds or items carry more of the error.") { $0.decides },
    .text(
      "needed",
      "What would decide it, were the true difference as estimated (or the margin, where that is more): seeds a side, test "
        + "items, or both."
    ) { $0.need.map(\.words) },
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
