internal import Basics
package import Results
package import Specs
package import Statistics

/// A merge against the singles that went into it.
package struct MergeRow {
  package var candidate: Candidate
  package var method: String?
  /// The fewest seeds behind a score in `mean`; 0 without one.
  package var seeds: Int
  /// The same of `validationMean`.
  package var validationSeeds: Int
  /// Items of the test splits behind `mean`.
  package var items: Int?
  /// For all tasks of the results.
  package var normalised: [Double?]
  /// Over the tasks of its inputs that have a measure.
  package var mean: Double?
  /// The same mean of every seed.
  package var meanOverSeeds: Estimate?
  package var worst: (task: String, score: Double)?
  package var validationMean: Double?
  package var isChosen: Bool
  package var retainedEnergy: Double?
  package var leastRetainedEnergy: Double?
}

/// What merges have in common that are held against each other.
struct Rivalry: Hashable {
  private let tasks: Set<String>
  private let isTold: Bool
  private let settings: String?

  /// - Parameter settings: Those at which a merge stands, where merges at others are no rivals.
  init(_ merge: Candidate, settings: String? = nil) {
    tasks = Set(merge.tasks)
    isTold = merge.isTold
    self.settings = settings
  }
}

extension Evidence {
  /// The merges, in the manifest's order.
  package var merges: [MergeRow] {
    let models = candidates(of: .merge)
    let validation = models.map { meanNormalised(of: $0, on: .validation) }
    let seeds = models.map { seedsNormalised(of: $0, on: .validation) }
    var chosen: Set<Int> = []
    for rivals in Dictionary(grouping: models.indices, by: { Rivalry(models[$0]) }).values {
      // As everywhere, a model with fewer seeds must not win by those that it lacks.
      let most = rivals.map { seeds[$0] }.max()
      let full = rivals.filter { seeds[$0] == most }
      guard let best = full.compactMap({ validation[$0] }).max() else { continue }
      full.first { validation[$0] == best }.map { _ = chosen.insert($0) }
    }
    let merged = Dictionary(grouping: results.merges, by: \.model)
    return models.indices.map { index in
      let model = models[index]
      let sites = model.rows.flatMap { row in
        merged[row.model]?.first { $0.seed == row.seed }?.sites ?? []
      }
      let energies = sites.map(\.retainedEnergy)
      let own = measuredTasks(of: model, on: .test)
      return MergeRow(
        candidate: model, method: merged[model.model]?.first?.method,
        seeds: seedsNormalised(of: model, on: .test), validationSeeds: seeds[index], items: items(of: own),
        normalised: tasks.map { normalised(model, $0, on: .test) },
        mean: meanNormalised(of: model, on: .test), meanOverSeeds: normalisedOverSeeds(model, on: .test),
        worst: worst(of: own.map { ($0.name, normalised(model, $0, on: .test)) }),
        validationMean: validation[index],
        isChosen: chosen.contains(index),
        retainedEnergy: energies.isEmpty ? nil : Estimate.mean(energies), leastRetainedEnergy: energies.min())
    }
  }

  /// Nil while one of the tasks is missing: the worst of the others would flatter.
  private func worst(of scores: [(task: String, score: Double?)]) -> (task: String, score: Double)? {
    let known = scores.compactMap { task, score in score.map { (task: task, score: $0) } }
    return known.count == scores.count ? known.min { $0.score < $1.score } : nil
  }

  /// Whether the single of a task is a measure for merges: it learned something that its seeds agree on.
  ///
  /// Its mean is better than the base's, and where more is better than zero, by more than the standard deviation over its
  /// seeds. A ratio to less, to a correlation near zero say, is noise that would outweigh all other tasks in a mean.
  /// Where the base has no score, as with a linear head, nothing tells that anything was learned: no ratio is told of the
  /// test split then; validation, which only has to put merges in an order, takes the single as it is.
  package func isMeasure(_ task: TaskColumn, settings: String, on split: Split) -> Bool {
    guard let metric = task.decidingMetric, let single = single(of: task.name, settings: settings),
      let expert = estimate(single, task.name, split, metric.name), expert.mean > 0
    else { return false }
    let spread = expert.deviation ?? 0
    let base = baseScore(task, settings: settings, on: split)
    if base == nil, split == .test { return false }
    return metric.higherIsBetter
      ? expert.mean - spread > max(base ?? 0, 0) : expert.mean + spread < base ?? .infinity
  }

  /// What the base scores by a task's first metric; nil where it is not evaluated, as with a linear head.
  package func baseScore(_ task: TaskColumn, settings: String, on split: Split) -> Double? {
    guard let metric = task.decidingMetric else { return nil }
    return base(settings: settings).flatMap { estimate($0, task.name, split, metric.name)?.mean }
  }

  /// The tasks of a model whose singles are a measure.
  package func measuredTasks(of model: Candidate, on split: Split) -> [TaskColumn] {
    tasks.filter { model.tasks.contains($0.name) && isMeasure($0, settings: model.settings, on: split) }
  }

  /// Merged ÷ single, or single ÷ merged where lower is better: means over the seeds that both have.
  ///
  /// Nil where the single is no measure.
  package func normalised(_ model: Candidate, _ task: TaskColumn, on split: Split) -> Double? {
    guard let metric = task.decidingMetric, isMeasure(task, settings: model.settings, on: split),
      let pairs = pairsWithSingle(model, task, split, metric)
    else { return nil }
    let merged = Estimate.mean(pairs.map(\.value))
    let expert = Estimate.mean(pairs.map(\.reference))
    return ratio(merged, to: expert, metric)
  }

  /// The mean over the tasks that have a measure; nil without one, or where one has no score.
  func meanNormalised(of model: Candidate, on split: Split) -> Double? {
    let own = measuredTasks(of: model, on: split)
    let scores = own.compactMap { normalised(model, $0, on: split) }
    guard !scores.isEmpty, scores.count == own.count else { return nil }
    return Estimate.mean(scores)
  }

  /// The fewest seeds behind one of the scores of that mean; 0 without it.
  func seedsNormalised(of model: Candidate, on split: Split) -> Int {
    measuredTasks(of: model, on: split).map { task in
      task.decidingMetric.flatMap { pairsWithSingle(model, task, split, $0) }?.count ?? 0
    }.min() ?? 0
  }

  /// The same mean of every seed that has all its scores, each held against the mean of the singles.
  func normalisedOverSeeds(_ model: Candidate, on split: Split) -> Estimate? {
    let bySeed = measuredTasks(of: model, on: split).map { task -> [Int?: Double] in
      guard let metric = task.decidingMetric, let pairs = pairsWithSingle(model, task, split, metric) else {
        return [:]
      }
      let expert = Estimate.mean(pairs.map(\.reference))
      let ratios = pairs.compactMap { pair in
        ratio(pair.value, to: expert, metric).map { (pair.seed, $0) }
      }
      return Dictionary(ratios) { first, _ in first }
    }
    guard !bySeed.isEmpty else { return nil }
    let means = model.rows.compactMap { row in
      let scores = bySeed.compactMap { $0[row.seed] }
      return scores.count == bySeed.count ? Estimate.mean(scores) : nil
    }
    return Estimate(means)
  }

  private func pairsWithSingle(
    _ model: Candidate, _ task: TaskColumn, _ split: Split, _ metric: MetricColumn
  ) -> [(seed: Int?, value: Double, reference: Double)]? {
    guard let single = single(of: task.name, settings: model.settings) else { return nil }
    let pairs = pairs(of: model, with: single, task.name, split, metric.name)
    return pairs.isEmpty ? nil : pairs
  }

  private func ratio(_ merged: Double, to expert: Double, _ metric: MetricColumn) -> Double? {
    guard expert > 0 else { return nil }
    if metric.higherIsBetter { return merged / expert }
    return merged > 0 ? expert / merged : nil
  }
}
