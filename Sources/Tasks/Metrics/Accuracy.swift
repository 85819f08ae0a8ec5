extension Metric {
  /// The share of items whose label is right.
  static let accuracy = Metric("accuracy", "share of right labels", of: [.label]) {
    predictions, targets, _ in
    let right = zip(predictions.labels, targets.labels).count { $0 == $1 }
    return Double(right) / Double(targets.count)
  }
}
