internal import Statistics

extension Metric {
  /// The share of items whose label is right; of several labels all must be, and no other one.
  static let accuracy = Metric(
    "accuracy", "share of right labels", of: [.label, .labels],
    sample: { predictions, targets, labels in
      targets[0].form == .label
        ? classes(.accuracy)(predictions, targets, labels)
        : RatioMetric.ratio(zip(predictions, targets).map { (u: $0 == $1 ? 1 : 0, w: 1) })
    },
    compute: { predictions, targets, _ in
      let right = zip(predictions.labelSets, targets.labelSets).count { $0 == $1 }
      return Double(right) / Double(targets.count)
    })
}
