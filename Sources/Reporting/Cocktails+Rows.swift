package import Results
internal import Specs
package import Statistics

/// A trained model over its tasks.
package struct CocktailRow {
  package var candidate: Candidate
  /// Seeds with a test score on every one of its own tasks: those behind `mean`.
  package var seeds: Int
  /// Items of the test splits of its own tasks.
  package var items: Int?
  /// Over its own tasks.
  package var mean: Estimate?
  /// Over its own tasks; nil for a single, which is what gains are relative to.
  package var ownGain: RelativeGain?
  /// Over all tasks that it was evaluated on; nil for a single that was evaluated on its own task alone.
  package var fullGain: RelativeGain?
  /// Of its mean over all tasks against the singles, where it is the cocktail of all.
  package var contrast: Contrast?
}

/// Δm in percent, and what it is over.
package struct RelativeGain: Sendable, Hashable {
  package var estimate: Estimate
  /// Names; tasks whose single is no measure are not among them.
  package var tasks: [String]
}

extension Evidence {
  /// Singles and cocktails, in the manifest's order.
  package var cocktails: [CocktailRow] {
    let models = candidates(of: .single, .cocktail)
    return models.map { model in
      let own = tasks.filter { model.tasks.contains($0.name) }
      let evaluated = tasks.filter { task in
        guard let metric = task.decidingMetric else { return false }
        return estimate(model, task.name, .test, metric.name) != nil
          && single(of: task.name, settings: model.settings) != nil
      }
      return CocktailRow(
        candidate: model, seeds: completeSeeds(of: model, over: own), items: items(of: own),
        mean: meanScore(of: model, over: own),
        ownGain: model.kind == .cocktail && own.count == model.tasks.count
          ? relativeGain(of: model, over: own) : nil,
        fullGain: model.kind == .cocktail || evaluated.contains { !model.tasks.contains($0.name) }
          ? relativeGain(of: model, over: evaluated) : nil,
        contrast: register.contrast("all_cocktail", arm: model.arm).flatMap {
          $0.first.model == model.model ? $0 : nil
        })
    }
  }

  /// The mean over tasks of each seed, over the seeds that have them all.
  private func meanScore(of model: Candidate, over tasks: [TaskColumn]) -> Estimate? {
    guard tasks.count == model.tasks.count, Set(tasks.map { $0.decidingMetric?.higherIsBetter }).count == 1
    else {
      return nil
    }
    return overSeeds(of: model, tasks) { task, metric, seed in
      values(of: model, task.name, .test, metric.name).first { $0.seed == seed }?.value
    }
  }

  /// Δm = 100 · mean over tasks of ±(x − single) ÷ |single|, with − for metrics where lower is better.
  ///
  /// x and single in the numerator are of the same seed; the denominator is the single's mean over seeds, so
  /// that one weak seed does not blow up. Tasks whose single is not further from zero than the standard deviation over
  /// its seeds are left out: a correlation near zero would outweigh all others. Nil where a task is missing, or all are
  /// left out. Source: the Δm of Vandenhende et al. 2021, arXiv:2004.13379, section 5.
  package func relativeGain(of model: Candidate, over tasks: [TaskColumn]) -> RelativeGain? {
    let sized = tasks.filter { !isSizeless($0, settings: model.settings) }
    let gain = overSeeds(of: model, sized) { task, metric, seed in
      guard let size = singleScore(task, metric, settings: model.settings).map({ abs($0.mean) }),
        let single = self.single(of: task.name, settings: model.settings),
        let pair = pairs(of: model, with: single, task.name, .test, metric.name).first(where: {
          $0.seed == seed
        })
      else { return nil }
      return 100 * metric.merit(pair.value - pair.reference) / size
    }
    return gain.map { RelativeGain(estimate: $0, tasks: sized.map(\.name)) }
  }

  /// Whether a task's single is not further from zero than the standard deviation over its seeds, so that no gain is told
  /// relative to it.
  package func isSizeless(_ task: TaskColumn, settings: String) -> Bool {
    guard let metric = task.decidingMetric, let single = singleScore(task, metric, settings: settings) else {
      return false
    }
    return abs(single.mean) <= max(1e-12, single.deviation ?? 0)
  }

  private func singleScore(_ task: TaskColumn, _ metric: MetricColumn, settings: String) -> Estimate? {
    single(of: task.name, settings: settings).flatMap { estimate($0, task.name, .test, metric.name) }
  }

  /// The mean over tasks for each seed that has a value on all of them, estimated over seeds.
  private func overSeeds(
    of model: Candidate, _ tasks: [TaskColumn], _ value: (TaskColumn, MetricColumn, Int?) -> Double?
  ) -> Estimate? {
    guard !tasks.isEmpty else { return nil }
    return Estimate(
      model.rows.compactMap { row in
        let values = tasks.compactMap { task in task.decidingMetric.flatMap { value(task, $0, row.seed) } }
        return values.count == tasks.count ? Estimate.mean(values) : nil
      })
  }
}
