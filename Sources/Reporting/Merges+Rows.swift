package import Experiment
package import Specs

/// A merge against the singles that went into it.
package struct MergeRow {
  package var candidate: Candidate
  package var method: String?
  /// For all tasks of the results.
  package var normalised: [Double?]
  /// Over the tasks of its inputs.
  package var mean: Double?
  package var worst: (task: String, score: Double)?
  package var validationMean: Double?
  package var isChosen: Bool
  package var retainedEnergy: Double?
  package var leastRetainedEnergy: Double?
}

extension Evidence {
  /// The merges, in the manifest's order.
  package var merges: [MergeRow] {
    let models = candidates(of: .merge)
    let validation = models.map { meanNormalised(of: $0, on: .validation) }
    return models.indices.map { index in
      let model = models[index]
      let rivals = models.indices.filter {
        Set(models[$0].tasks) == Set(model.tasks) && models[$0].isTold == model.isTold
      }
      let best = rivals.compactMap { validation[$0] }.max()
      let sites = model.rows.flatMap { row in
        results.merges.first { $0.model == row.model && $0.seed == row.seed }?.sites ?? []
      }
      let energies = sites.map(\.retainedEnergy)
      let own = zip(tasks, tasks.map { normalised(model, $0, on: .test) }).filter {
        model.tasks.contains($0.0.name)
      }
      return MergeRow(
        candidate: model, method: results.merges.first { $0.model == model.model }?.method,
        normalised: tasks.map { normalised(model, $0, on: .test) },
        mean: meanNormalised(of: model, on: .test),
        worst: worst(of: own.map { ($0.0.name, $0.1) }), validationMean: validation[index],
        isChosen: best != nil && rivals.first { validation[$0] == best } == index,
        retainedEnergy: energies.isEmpty ? nil : Estimate.mean(energies), leastRetainedEnergy: energies.min())
    }
  }

  /// Nil while one of the tasks is missing: the worst of the others would flatter.
  private func worst(of scores: [(task: String, score: Double?)]) -> (task: String, score: Double)? {
    let known = scores.compactMap { task, score in score.map { (task: task, score: $0) } }
    return known.count == scores.count ? known.min { $0.score < $1.score } : nil
  }

  /// Merged ÷ single, or single ÷ merged where lower is better: means over the seeds that both have.
  ///
  /// Nil unless single and denominator are positive and the single beats the base: the ratio to a single that learned
  /// nothing, or to a correlation at or below zero, says nothing.
  package func normalised(_ model: Candidate, _ task: TaskColumn, on split: Split) -> Double? {
    guard let metric = task.metrics.first, let single = single(of: task.name, settings: model.settings) else {
      return nil
    }
    let pairs = pairs(of: model, with: single, task.name, split, metric.name)
    guard !pairs.isEmpty else { return nil }
    let merged = Estimate.mean(pairs.map(\.value))
    let expert = Estimate.mean(pairs.map(\.reference))
    guard expert > 0 else { return nil }
    if let base = base(settings: model.settings).flatMap({ estimate($0, task.name, split, metric.name) }),
      metric.higherIsBetter ? expert <= base.mean : expert >= base.mean
    {
      return nil
    }
    if metric.higherIsBetter { return merged / expert }
    return merged > 0 ? expert / merged : nil
  }

  func meanNormalised(of model: Candidate, on split: Split) -> Double? {
    let own = tasks.filter { model.tasks.contains($0.name) }
    let scores = own.compactMap { normalised(model, $0, on: split) }
    guard !scores.isEmpty, scores.count == model.tasks.count else { return nil }
    return Estimate.mean(scores)
  }
}
