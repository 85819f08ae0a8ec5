internal import Statistics

extension Metric {
  /// The mean of the classes' F1, each weighted by how many items want it.
  ///
  /// As scikit-learn's `f1_score(average="weighted")`.
  static let weightedF1 = Metric(
    "weighted_f1", "mean F1 of the classes weighted by their size", of: [.label, .labels],
    sample: classes(.weightedF1)
  ) { predictions, targets, _ in
    let counts = ClassCounts(predictions: predictions.labelSets, targets: targets.labelSets)
    let sum = zip(counts.f1, counts.wanted).reduce(0) { $0 + $1.0 * Double($1.1) }
    // The weights are sizes, so that rounding could lift a perfect sum past 1 by an ulp.
    return min(1, sum / Double(max(1, counts.wanted.reduce(0, +))))
  }
}
