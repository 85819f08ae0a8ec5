internal import Statistics

/// Sufficient statistics that several metrics share.
extension Metric {
  static func classes(_ metric: ClassMetric) -> Sampling {
    { predictions, targets, _ in
      let (predictions, targets) = (predictions.labelSets, targets.labelSets)
      let last = (predictions + targets).joined().max() ?? 0
      return metric.sample(predictions, targets, classes: last + 1)
    }
  }

  static func numbers(_ metric: NumberMetric) -> Sampling {
    { predictions, targets, _ in metric.sample(predictions.numbers, targets.numbers) }
  }
}
