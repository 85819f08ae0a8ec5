internal import Statistics

extension Metric {
  /// F1 over all labels of all items together: 2·right ÷ (wanted + predicted).
  ///
  /// As scikit-learn's `f1_score(average="micro")` of label indicators; 0 where nobody says a label.
  static let microF1 = Metric(
    "micro_f1", "F1 over all labels of all items", of: [.labels],
    sample: { predictions, targets, _ in
      RatioMetric.f1(
        zip(predictions.labelSets, targets.labelSets).map { found, wanted in
          (right: found.count(where: wanted.contains), found: found.count, wanted: wanted.count)
        })
    },
    compute: { predictions, targets, _ in
      let counts = ClassCounts(predictions: predictions.labelSets, targets: targets.labelSets)
      let said = (counts.wanted + counts.predicted).reduce(0, +)
      return said > 0 ? 2 * Double(counts.right.reduce(0, +)) / Double(said) : 0
    })
}
