/// One question in one arm: the comparisons that are answered together.
package struct ContrastPlan: Sendable {
  /// A side of a comparison.
  package struct Side: Sendable, Hashable {
    /// What it is to the question: `all_cocktail`, `single`.
    package var role: String
    /// A model's name.
    package var model: String

    package init(_ role: String, _ model: String) {
      self.role = role
      self.model = model
    }
  }

  /// One task's comparison.
  package struct Cell: Sendable {
    package var task: String
    package var metric: String
    package var first: Side
    package var second: Side
    package var firstScores: SeedScores
    package var secondScores: SeedScores
    /// Whether the task's single beat its floors on validation: others are in no mean and get no verdict.
    package var isLearned: Bool
    /// What both sides have alike.
    package var held: Set<Held>
    /// Whether the metric is in points, so that a mean over tasks means something: an error has its own scale.
    package var isInPoints: Bool

    package init(
      task: String, metric: String, first: Side, second: Side, firstScores: SeedScores,
      secondScores: SeedScores,
      isLearned: Bool = true, held: Set<Held> = [], isInPoints: Bool = true
    ) {
      self.task = task
      self.metric = metric
      self.first = first
      self.second = second
      self.firstScores = firstScores
      self.secondScores = secondScores
      self.isLearned = isLearned
      self.held = held
      self.isInPoints = isInPoints
    }
  }

  /// A row of `Question`.
  package var question: String
  /// What the question is about where it is asked of several things: an ingredient.
  package var subject: String
  /// The budget or grid point under which it is asked; empty where there is one alone.
  package var arm: String
  /// The budget of the second side where that is another one; else empty.
  package var secondArm: String
  /// Whether seeds of both sides belong together: the first was made of the second's trainings, or both rest on the seed's base.
  package var isPaired: Bool
  /// Whether all models of a seed, on whatever task, rest on a base of the seed's own.
  package var sharesSeeds: Bool
  /// Among how many the first side was chosen by validation scores of these very trainings; 1 for no choice.
  package var candidates: Int
  /// Among how many the second side was.
  package var rivals: Int
  /// False for comparisons that are shown and answer no question: intervals, no verdicts.
  package var hasVerdicts: Bool
  package var cells: [Cell]

  /// `steps`, `steps and exposure`: what both sides have alike on every task; empty for nothing.
  package var held: String {
    cells.dropFirst().reduce(cells.first?.held ?? []) { $0.intersection($1.held) }.words
  }

  package init(
    question: String, subject: String = "", arm: String = "", secondArm: String = "", isPaired: Bool = false,
    sharesSeeds: Bool = false,
    candidates: Int = 1,
    rivals: Int = 1,
    hasVerdicts: Bool = true, cells: [Cell]
  ) {
    self.question = question
    self.subject = subject
    self.arm = arm
    self.secondArm = secondArm
    self.isPaired = isPaired
    self.sharesSeeds = sharesSeeds
    self.candidates = candidates
    self.rivals = rivals
    self.hasVerdicts = hasVerdicts
    self.cells = cells
  }
}
