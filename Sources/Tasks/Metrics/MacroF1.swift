internal import Statistics

extension Metric {
  /// The mean of the classes' F1, over the classes that occur in targets or predictions.
  ///
  /// As scikit-learn's `f1_score(average="macro", labels=None)`: a class of the label list that occurs in
  /// neither does not count.
  static let macroF1 = Metric(
    "macro_f1", "mean F1 of the classes that occur", of: [.label, .labels], sample: classes(.macroF1)
  ) {
    predictions, targets, _ in
    let counts = ClassCounts(predictions: predictions.labelSets, targets: targets.labelSets)
    return counts.classes.isEmpty ? 0 : counts.f1.reduce(0, +) / Double(counts.classes.count)
  }
}
