package import Results
package import Specs
internal import Statistics

extension Evidence {
  /// (model − base) ÷ (single − base) of the means over seeds; where lower is better both differences turn round.
  ///
  /// A merge and the singles that it was made of count with the seeds that both have, and so does all that rests on bases of the
  /// seeds' own. Where the base has no score, as with
  /// linear heads, the ratio to the single, single ÷ model where lower is better: it orders and is told nowhere.
  package func recovered(_ model: Candidate, _ task: TaskColumn, on split: Split) -> Double? {
    if model.kind == .base { return baseScore(task, settings: model.settings, on: split).map { _ in 0 } }
    guard let metric = task.decidingMetric, let single = single(of: task.name, settings: model.settings)
    else { return nil }
    var own = values(of: model, task.name, split, metric.name)
    var others = values(of: single, task.name, split, metric.name)
    var zeros = base(settings: model.settings).map { values(of: $0, task.name, split, metric.name) } ?? []
    let hasOwnZeros = zeros.contains { $0.seed != nil }
    if model.kind == .merge || hasOwnZeros {
      var common = Set(own.map(\.seed)).intersection(others.map(\.seed))
      if hasOwnZeros {
        common.formIntersection(zeros.map(\.seed))
        zeros.removeAll { !common.contains($0.seed) }
      }
      own.removeAll { !common.contains($0.seed) }
      others.removeAll { !common.contains($0.seed) }
    }
    guard !own.isEmpty, !others.isEmpty else { return nil }
    let (value, whole) = (Estimate.mean(own.map(\.value)), Estimate.mean(others.map(\.value)))
    guard let base = Estimate(zeros.map(\.value))?.mean else {
      if metric.higherIsBetter { return whole > 0 ? value / whole : nil }
      return value > 0 ? whole / value : nil
    }
    return whole == base ? nil : (value - base) / (whole - base)
  }

  /// What the base scores by a task's first metric; nil where it is not evaluated, as with a linear head.
  package func baseScore(_ task: TaskColumn, settings: String, on split: Split) -> Double? {
    guard let metric = task.decidingMetric else { return nil }
    return base(settings: settings).flatMap { estimate($0, task.name, split, metric.name)?.mean }
  }

  /// Whether a task takes part where validation puts models in an order: its single is better than the base, or where that
  /// has no score than nothing, by more than the standard deviation over its seeds.
  package func orders(_ task: TaskColumn, settings: String) -> Bool {
    guard let metric = task.decidingMetric, let single = single(of: task.name, settings: settings),
      let expert = estimate(single, task.name, .validation, metric.name)
    else { return false }
    let spread = expert.deviation ?? 0
    guard let base = baseScore(task, settings: settings, on: .validation) else {
      return expert.mean > (metric.higherIsBetter ? spread : 0)
    }
    return metric.merit(expert.mean - base) > spread
  }

  /// The mean over its tasks of what a model recovers on validation, by which models are chosen; nil where one has no
  /// score, or where no single learned anything.
  package func recoveredOnValidation(_ model: Candidate) -> Double? {
    let own = orderingTasks(of: model)
    let shares = own.compactMap { recovered(model, $0, on: .validation) }
    return shares.count == own.count && !shares.isEmpty ? Estimate.mean(shares) : nil
  }

  /// The fewest validation scores over seeds that a model has on one of its tasks, or of those that take part in an order.
  func seedsOnValidation(_ model: Candidate, ordered: Bool = true) -> Int {
    let own = ordered ? orderingTasks(of: model) : tasks.filter { model.tasks.contains($0.name) }
    return own.map { seedsRecovered(model, $0.name, on: .validation) }.min() ?? 0
  }

  /// The tasks of a model that take part in an order: those that are a measure, on which it is told too, where there are any.
  func orderingTasks(of model: Candidate) -> [TaskColumn] {
    let own = tasks.filter { model.tasks.contains($0.name) }
    let measured = scale.tasks(at: model.settings)
    let known = own.filter { measured.contains($0.name) }
    return known.isEmpty ? own.filter { orders($0, settings: model.settings) } : known
  }

  /// The mean of a model's own metrics on validation, turned so that more is better: what chooses where nothing was learned.
  func meritOnValidation(_ model: Candidate) -> Double? {
    let own = tasks.filter { model.tasks.contains($0.name) }
    let scores = own.compactMap { task in
      task.decidingMetric.flatMap { metric in
        estimate(model, task.name, .validation, metric.name).map { metric.merit($0.mean) }
      }
    }
    return scores.count == own.count && !scores.isEmpty ? Estimate.mean(scores) : nil
  }
}
