package import Basics
internal import Results
internal import Specs

/// What is asked of an experiment: a family of comparisons, or several of one kind.
package struct Question: CatalogEntry {
  /// The word in `contrasts.csv`.
  package let name: String
  /// The question, as people ask it.
  package let summary: String
  /// What is judged together.
  var family = Family.tasks
  /// The comparisons that answer it, with their scores.
  let plans: @Sendable (Evidence, ScoreReader) throws -> [ContrastPlan]

  /// What makes a family of a question's comparisons.
  enum Family: Sendable {
    /// A plan's mean over tasks first, then its tasks.
    case tasks
    /// The means of all plans of an arm: several models against one.
    case models
  }

  /// The question's rows.
  func contrasts(_ evidence: Evidence, _ reader: ScoreReader, _ settings: ContrastSettings) throws
    -> [Contrast]
  {
    let plans = try plans(evidence, reader)
    switch family {
    case .tasks: return plans.flatMap { $0.contrasts(settings) }
    case .models:
      let arms = plans.reduce(into: [String]()) { if !$0.contains($1.arm) { $0.append($1.arm) } }
      return arms.flatMap { arm in ContrastPlan.contrasts(ofMeans: plans.filter { $0.arm == arm }, settings) }
    }
  }
}

/// The table of questions.
package enum Questions {
  /// In the order of the report.
  package static let all = Catalog(
    "question",
    [
      Question.learned, .allCocktail, .bestCocktail, .merge, .mergeAgainstAll, .serving, .unseen,
      .ingredients, .pairs, .pairsAgainstOther,
      .cocktails,
    ])
}

extension Evidence {
  /// Comparisons on the tasks' first metrics, which give verdicts, and on their further ones, which do not.
  ///
  /// Tasks without one of the sides are left out.
  func plans(
    _ question: String, subject: String = "", arm: String = "", secondArm: String = "",
    isPaired: Bool = false,
    hasVerdicts: Bool = true,
    _ reader: ScoreReader, _ sides: (TaskColumn) -> (first: QuestionSide, second: QuestionSide)?
  ) throws -> [ContrastPlan] {
    var main = ContrastPlan(
      question: question, subject: subject, arm: arm, secondArm: secondArm,
      isPaired: isPaired || seedsHaveBases, sharesSeeds: seedsHaveBases,
      hasVerdicts: hasVerdicts, cells: [])
    var further = main
    further.hasVerdicts = false
    for task in tasks {
      guard let (first, second) = sides(task) else { continue }
      for (place, metric) in task.metrics.enumerated() {
        guard let one = try reader.scores(first.model, task, metric),
          let other = try reader.scores(second.model, task, metric)
        else { continue }
        let cell = ContrastPlan.Cell(
          task: task.name, metric: metric.name, first: .init(first.role, first.model.model),
          second: .init(second.role, second.model.model), firstScores: one, secondScores: other,
          isLearned: try reader.isLearned(task, settings: second.model.settings),
          held: held(first.model, second.model, on: task), isInPoints: metric.isInPoints)
        if place == 0 {
          main.cells.append(cell)
          main.candidates = max(main.candidates, first.candidates)
          main.rivals = max(main.rivals, second.candidates)
        } else {
          further.cells.append(cell)
          further.candidates = max(further.candidates, first.candidates)
          further.rivals = max(further.rivals, second.candidates)
        }
      }
    }
    return [main, further].filter { !$0.cells.isEmpty }
  }

  /// A side of a comparison: who stands there, and among how many it was chosen.
  struct QuestionSide {
    var role: String
    var model: Candidate
    var candidates: Int

    init?(_ role: String, _ model: Candidate?, of candidates: Int = 1) {
      guard let model else { return nil }
      self.role = role
      self.model = model
      self.candidates = max(1, candidates)
    }
  }

  /// Both sides, or nothing.
  func both(_ first: QuestionSide?, _ second: QuestionSide?) -> (first: QuestionSide, second: QuestionSide)? {
    guard let first, let second, first.model.model != second.model.model else { return nil }
    return (first, second)
  }

  /// The cocktail of all tasks as a side.
  func allCocktailSide(_ task: TaskColumn) -> QuestionSide? {
    QuestionSide("all_cocktail", allTaskCocktail(for: task), of: allTaskCocktails.count)
  }

  /// The task's single as a side.
  func singleSide(_ task: TaskColumn) -> QuestionSide? {
    QuestionSide("single", chosenSingle(for: task), of: singles(of: task).count)
  }
}
