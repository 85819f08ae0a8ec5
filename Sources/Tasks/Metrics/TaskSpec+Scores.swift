internal import Basics
public import Specs

extension TaskSpec {
  /// Some metrics over some predictions, by name.
  ///
  /// - Throws: a `Diagnostic` for a metric that is not known.
  public func scores(
    _ metrics: [String], _ predictions: [Prediction], _ targets: [Target]
  ) throws -> [String: Double] {
    let (said, labels) = (predictions.map(\.target), labels.map(\.name))
    var scores: [String: Double] = [:]
    for name in metrics {
      scores[name] = try Metrics.all.entry(named: name).compute(said, targets, labels)
    }
    return scores
  }

  /// The metric that choices among models are made by, which is the first one, and its value over some predictions.
  ///
  /// - Throws: a `Diagnostic` for a metric that is not known.
  public func decidingScore(
    _ predictions: [Prediction], _ targets: [Target]
  ) throws -> (metric: Metric, value: Double) {
    let metric = try Metrics.all.entry(named: metrics[0])
    return (metric, metric.compute(predictions.map(\.target), targets, labels.map(\.name)))
  }
}

extension Metric {
  /// A value turned so that more is better.
  public func merit(_ value: Double) -> Double { higherIsBetter ? value : -value }
}
