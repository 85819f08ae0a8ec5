internal import Results
internal import Specs
internal import Statistics

extension Question {
  /// The one merge of all singles that validation chose, against the singles that it was made of.
  static let merge = Question(
    name: "merge", summary: "Does one merged adapter keep up with the singles it is made of?"
  ) {
    evidence, reader in
    try evidence.arms.flatMap { evidence -> [ContrastPlan] in
      guard let chosen = evidence.servingMerge else { return [] }
      return try evidence.plans("merge", arm: evidence.arm, isPaired: true, reader) { task in
        evidence.both(
          chosen, .init("single", evidence.single(of: task.name, settings: chosen.model.settings)))
      }
    }
  }

  /// The same merge against the cocktail of all tasks.
  static let mergeAgainstAll = Question(
    name: "merge_against_all", summary: "Does one merged adapter beat one model trained on all tasks?"
  ) { evidence, reader in
    try evidence.arms.flatMap { evidence -> [ContrastPlan] in
      guard let chosen = evidence.servingMerge else { return [] }
      return try evidence.plans("merge_against_all", arm: evidence.arm, reader) { task in
        evidence.both(chosen, evidence.allCocktailSide(task))
      }
    }
  }
}

extension Evidence {
  /// The merge that could be served for all tasks: one adapter, made of all tasks, chosen once by the mean share of their
  /// singles' gain that it recovers on validation, or where no single learned anything by the mean of its metrics.
  ///
  /// What is told the task, routes, or was made of some of the tasks has roles of its own. Untested grid points are no
  /// candidates, as for the other roles.
  var servingMerge: QuestionSide? {
    let all = Set(tasks.map(\.name))
    let merges = candidates(of: .merge).filter { Set($0.tasks) == all && $0.serving == nil }
    if let choice {
      let chosen = merges.first { $0.plain == choice.merge } ?? (merges.count == 1 ? merges[0] : nil)
      return QuestionSide("merge", chosen)
    }
    let tested = merges.filter(isTested)
    return winner(ofRivals: tested.isEmpty ? merges : tested).map {
      QuestionSide("merge", $0.model, of: $0.rivals)
    } ?? nil
  }

  /// The merge that recovers most on validation, of those with as many seeds as the fullest, and how many those are.
  func winner(ofRivals merges: [Candidate]) -> (model: Candidate, rivals: Int)? {
    let shares = merges.map { recoveredOnValidation($0) }
    let hasShare = shares.contains { $0 != nil }
    let scored = zip(merges, shares).compactMap { model, share in
      (hasShare ? share : meritOnValidation(model)).map { (model: model, score: $0) }
    }
    let seeds = scored.map { seedsOnValidation($0.model, ordered: hasShare) }
    let full = zip(scored, seeds).filter { $1 == seeds.max() }.map(\.0)
    let best = full.map(\.score).max()
    return full.first { $0.score == best }.map { ($0.model, full.count) }
  }

  /// Whether a model has test scores on all tasks by their first metrics.
  func isTested(_ model: Candidate) -> Bool {
    tasks.allSatisfy { task in
      task.decidingMetric.flatMap { estimate(model, task.name, .test, $0.name) } != nil
    }
  }
}
