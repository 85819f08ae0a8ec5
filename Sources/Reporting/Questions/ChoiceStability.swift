internal import Basics
internal import Results
internal import Specs
internal import Statistics

/// How firmly validation chose: what other seeds and other validation items would have chosen.
package struct Choice: Sendable {
  /// The budget whose models these are; empty where there is one.
  package var arm: String
  /// Empty for a choice over all tasks.
  package var task: String
  /// What is chosen: `single`, `best_cocktail`, `all_cocktail`, `best_unseen`, `merge`.
  package var role: String
  package var model: String
  package var isChosen: Bool
  /// Of leaving out one seed and drawing the validation items again, the part that chooses it.
  package var share: Double
  package var candidates: Int
  package var seeds: Int
  package var items: Int
}

extension ScoreReader {
  /// Every choice between two candidates and more whose validation predictions are there.
  func choices() throws -> [Choice] {
    // What other seeds chose says nothing of these.
    guard items != nil, evidence.choice == nil else { return [] }
    return try evidence.arms.flatMap(choices)
  }

  private func choices(of evidence: Evidence) throws -> [Choice] {
    var found: [Choice] = []
    for task in evidence.tasks {
      let pools: [(String, [Candidate])] = [
        ("single", evidence.singles(of: task)),
        ("best_cocktail", evidence.choosesCocktail ? evidence.cocktails(with: task) : []),
        ("all_cocktail", evidence.allTaskCocktails), ("best_unseen", evidence.unseen(task)),
      ]
      for (role, pool) in pools {
        guard let metric = task.decidingMetric else { continue }
        let scored = try pool.map { try scores($0, task, metric, on: .validation)?.items }
        found += choices(evidence.arm, task.name, role, pool, scored)
      }
    }
    let merges = evidence.candidates(of: .merge).filter {
      Set($0.tasks) == Set(evidence.tasks.map(\.name)) && $0.serving == nil && evidence.isTested($0)
    }
    let chosen = evidence.servingMerge?.model.model
    return found + choices(evidence.arm, "", "merge", merges, try merges.map(recoveredItems), chosen: chosen)
  }

  /// Of the candidates with as many seeds as the fullest.
  private func choices(
    _ arm: String, _ task: String, _ role: String, _ pool: [Candidate], _ scored: [[[Double]]?],
    chosen: String? = nil
  ) -> [Choice] {
    let seeds = scored.compactMap { $0?.count }.max() ?? 0
    let full = zip(pool, scored).filter { $1?.count == seeds }
    let scores = full.compactMap(\.1)
    guard pool.count > 1, full.count > 1, scores.allSatisfy({ $0[0].count == scores[0][0].count }) else {
      return []
    }
    var stream = RandomStream(seed: 0, "choice", arm.isEmpty ? task : "\(task) \(arm)", role)
    let shares = ChoiceFrequency.shares(scores, using: &stream)
    let means = scores.map { Estimate.mean($0.map(Estimate.mean)) }
    let best = means.firstIndex(of: means.max() ?? 0)
    return full.indices.map { index in
      Choice(
        arm: arm, task: task, role: role, model: full[index].0.model,
        isChosen: chosen.map { $0 == full[index].0.model } ?? (index == best), share: shares[index],
        candidates: full.count, seeds: seeds, items: scores[0][0].count)
    }
  }

  /// The items of all tasks by seed, each on the scale from base to single and weighted so that their mean is the mean over
  /// tasks of what the model recovers; nil where that is no such mean, as of errors without a base.
  private func recoveredItems(_ model: Candidate) throws -> [[Double]]? {
    let tasks = evidence.orderingTasks(of: model)
    var all: [[Double]] = []
    var parts: [(rows: [[Double]], bases: [Double], gain: Double)] = []
    for task in tasks {
      guard let metric = task.decidingMetric,
        let known = try scores(model, task, metric, on: .validation), let rows = known.items,
        let single = evidence.single(of: task.name, settings: model.settings),
        let whole = evidence.estimate(single, task.name, .validation, metric.name)?.mean
      else { return nil }
      let zero = evidence.baseScore(task, settings: model.settings, on: .validation)
      guard zero != nil || metric.higherIsBetter else { return nil }
      let base = metric.merit(zero ?? 0)
      // Where seeds have bases of their own, each stands above its own.
      let own = try evidence.base(settings: model.settings).flatMap {
        try scores($0, task, metric, on: .validation)
      }
      let bases = known.seeds.map { seed in
        own.flatMap { own in own.seeds.firstIndex(of: seed).map { own.values[$0] } } ?? base
      }
      parts.append((rows, bases, metric.merit(whole) - base))
    }
    guard let seeds = parts.first?.rows.count, parts.allSatisfy({ $0.rows.count == seeds && $0.gain != 0 })
    else {
      return nil
    }
    let total = Double(parts.reduce(0) { $0 + $1.rows[0].count })
    all = (0..<seeds).map { seed in
      parts.flatMap { part in
        let weight = total / Double(part.rows[0].count * parts.count) / part.gain
        return part.rows[seed].map { ($0 - part.bases[seed]) * weight }
      }
    }
    return all
  }
}
