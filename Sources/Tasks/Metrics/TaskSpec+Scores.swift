internal import Basics
public import Specs
public import Statistics

/// What the predictions of some rows are held against.
public struct WantedRows: Sendable {
  /// The target of each row.
  public var targets: [Target]
  /// The group of each, where metrics are means over groups; else empty, or nil for each.
  public var groups: [String?]

  /// Joins columns of one length.
  public init(_ targets: [Target], groups: [String?] = []) {
    precondition(groups.isEmpty || groups.count == targets.count, "groups of other rows")
    self.targets = targets
    self.groups = groups
  }
}

extension TaskSpec {
  /// A metric of some answers: over all rows, or the mean over groups of rows where the task has them.
  ///
  /// Traps on a task with groups and rows without them.
  public func value(of metric: Metric, _ said: [Target], _ wanted: WantedRows) -> Double {
    let labels = labels.map(\.name)
    guard let groups = groups(wanted) else { return metric.compute(said, wanted.targets, labels) }
    let values = groups.rows.map { rows in
      metric.compute(rows.map { said[$0] }, rows.map { wanted.targets[$0] }, labels)
    }
    return values.reduce(0, +) / Double(values.count)
  }

  /// What such a metric needs to be computed again for other rows; its value is that of `value(of:)`.
  public func sample(of metric: Metric, _ said: [Target], _ wanted: WantedRows) -> any MetricSample {
    let labels = labels.map(\.name)
    guard let groups = groups(wanted) else { return metric.sample(said, wanted.targets, labels) }
    return GroupedSample(
      groups.rows.map { rows in
        metric.sample(rows.map { said[$0] }, rows.map { wanted.targets[$0] }, labels)
      }, items: groups.rows)
  }

  private func groups(_ wanted: WantedRows) -> RowGroups? {
    guard let by else { return nil }
    guard let groups = RowGroups(wanted.groups) else { preconditionFailure("rows without a '\(by)'") }
    return groups
  }

  /// Some metrics over some predictions, by name.
  ///
  /// - Throws: a `Diagnostic` for a metric that is not known.
  public func scores(
    _ metrics: [String], _ predictions: [Prediction], _ wanted: WantedRows
  ) throws -> [String: Double] {
    let said = predictions.map(\.target)
    var scores: [String: Double] = [:]
    for name in metrics {
      scores[name] = value(of: try Metrics.all.entry(named: name), said, wanted)
    }
    return scores
  }

  /// The metric that choices among models are made by, which is the first one, and its value over some predictions.
  ///
  /// - Throws: a `Diagnostic` for a metric that is not known.
  public func decidingScore(
    _ predictions: [Prediction], _ wanted: WantedRows
  ) throws -> (metric: Metric, value: Double) {
    let metric = try Metrics.all.entry(named: metrics[0])
    return (metric, value(of: metric, predictions.map(\.target), wanted))
  }
}

extension Metric {
  /// A value turned so that more is better.
  public func merit(_ value: Double) -> Double { higherIsBetter ? value : -value }
}
