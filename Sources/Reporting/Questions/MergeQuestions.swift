internal import Results
internal import Specs
internal import Statistics

extension Question {
  /// The one merge of all singles that validation chose, against the singles that it was made of.
  static let merge = Question(
    name: "merge", summary: "Does one merged adapter keep up with the singles it is made of?"
  ) {
    evidence, reader in
    guard let chosen = try evidence.servingMerge(reader) else { return [] }
    return try evidence.plans("merge", isPaired: true, reader) { task in
      evidence.both(
        chosen, .init("single", evidence.single(of: task.name, settings: chosen.model.settings)))
    }
  }

  /// The same merge against the cocktail of all tasks.
  static let mergeAgainstAll = Question(
    name: "merge_against_all", summary: "Does one merged adapter beat one model trained on all tasks?"
  ) { evidence, reader in
    guard let chosen = try evidence.servingMerge(reader) else { return [] }
    return try evidence.plans("merge_against_all", reader) { task in
      evidence.both(
        chosen,
        .init("all_cocktail", evidence.allTaskCocktail(for: task), of: evidence.allTaskCocktails.count))
    }
  }
}

extension Evidence {
  /// The merge that could be served for all tasks: one adapter, made of all tasks, chosen once by the mean share of their
  /// singles' gain that it recovers on validation.
  ///
  /// What is told the task, routes, or was made of some of the tasks has roles of its own. Untested grid points are no
  /// candidates, as for the other roles.
  func servingMerge(_ reader: ScoreReader) throws -> QuestionSide? {
    let all = Set(tasks.map(\.name))
    let merges = candidates(of: .merge).filter { Set($0.tasks) == all && $0.serving == nil }
    let tested = merges.filter { model in
      tasks.allSatisfy { task in
        task.decidingMetric.flatMap { estimate(model, task.name, .test, $0.name) } != nil
      }
    }
    let rivals = tested.isEmpty ? merges : tested
    let scored = try rivals.compactMap { model in
      try recoveredOnValidation(model, reader).map { (model: model, score: $0, seeds: model.rows.count) }
    }
    let most = scored.map(\.seeds).max()
    let full = scored.filter { $0.seeds == most }
    guard let best = full.map(\.score).max(), let winner = full.first(where: { $0.score == best }) else {
      return nil
    }
    return QuestionSide("merge", winner.model, of: full.count)
  }

  /// Mean over the learned tasks of (model − base) ÷ (single − base); where none is learned, of the metrics themselves.
  private func recoveredOnValidation(_ model: Candidate, _ reader: ScoreReader) throws -> Double? {
    let own = tasks.filter { model.tasks.contains($0.name) }
    let learned = try own.filter { try reader.isLearned($0, settings: model.settings) }
    let scores = (learned.isEmpty ? own : learned).map { task -> Double? in
      guard let metric = task.decidingMetric,
        let value = estimate(model, task.name, .validation, metric.name)?.mean
      else { return nil }
      let base = baseScore(task, settings: model.settings, on: .validation) ?? 0
      let single = single(of: task.name, settings: model.settings).flatMap {
        estimate($0, task.name, .validation, metric.name)?.mean
      }
      guard !learned.isEmpty, let single, single != base else {
        return metric.merit(value)
      }
      return (value - base) / (single - base)
    }
    let known = scores.compactMap { $0 }
    return known.count == scores.count && !known.isEmpty ? Estimate.mean(known) : nil
  }
}
