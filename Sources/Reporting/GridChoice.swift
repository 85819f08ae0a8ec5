internal import Basics
public import Results
internal import Specs
internal import Statistics

/// Which point of each grid validation prefers.
public enum GridChoice {
  /// The names of the chosen models, one for every grid that has a point with all its validation scores.
  ///
  /// Of the points with as many seeds as the fullest, the one with the best mean normalised score over its tasks; where
  /// that has no value (a single that learned nothing), with the best mean of the tasks' first metrics, turned so that
  /// more is better. Of equal ones the earlier. The test split is never looked at.
  /// - Throws: a `Diagnostic` where results contradict each other.
  public static func chosen(_ results: ResultSet, grids: [(name: String, models: [String])]) throws
    -> [String]
  {
    if grids.isEmpty { return [] }
    let evidence = try Evidence(results)
    let merges = evidence.candidates(of: .merge)
    return grids.compactMap { grid in
      let names = Set(grid.models)
      let points = merges.filter { names.contains($0.model) }
      let seeds = points.map { evidence.seedsOnValidation($0) }
      let full = zip(points, seeds).filter { $1 > 0 && $1 == seeds.max() }.map(\.0)
      let normalised = full.map { evidence.meanNormalised(of: $0, on: .validation) }
      let scores =
        normalised.contains { $0 != nil } ? normalised : full.map { evidence.meanOnValidation($0) }
      guard let best = scores.compactMap({ $0 }).max() else { return nil }
      return scores.firstIndex(of: best).map { full[$0].model }
    }
  }
}

extension Evidence {
  /// The fewest seeds that a model has on any of its tasks.
  fileprivate func seedsOnValidation(_ model: Candidate) -> Int {
    ownTasks(model).map { task in
      task.decidingMetric.flatMap { estimate(model, task.name, .validation, $0.name) }?.count ?? 0
    }.min() ?? 0
  }

  fileprivate func meanOnValidation(_ model: Candidate) -> Double? {
    let scores = ownTasks(model).compactMap { task in
      task.decidingMetric.flatMap { metric in
        estimate(model, task.name, .validation, metric.name).map {
          metric.merit($0.mean)
        }
      }
    }
    return scores.count == model.tasks.count ? Estimate.mean(scores) : nil
  }

  private func ownTasks(_ model: Candidate) -> [TaskColumn] {
    tasks.filter { model.tasks.contains($0.name) }
  }
}
