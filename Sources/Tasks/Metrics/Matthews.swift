internal import Statistics

extension Metric {
  /// Matthews' correlation for any number of classes; 0 where targets or predictions are constant.
  ///
  /// (c·n − Σ pₖtₖ) ÷ √((n² − Σ pₖ²)(n² − Σ tₖ²)) with n items, c right, pₖ predicted and tₖ wanted of class
  /// k (Gorodkin 2004, eq. 8), exact in whole numbers up to the root; as scikit-learn's `matthews_corrcoef`.
  static let matthews = Metric(
    "matthews", "Matthews correlation, for any number of classes", of: [.label], range: -1...1,
    sample: classes(.matthews)
  ) { predictions, targets, _ in
    let counts = ClassCounts(predictions: predictions.labelSets, targets: targets.labelSets)
    let n = targets.count
    func dot(_ a: [Int], _ b: [Int]) -> Int { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let shared = counts.right.reduce(0, +) * n - dot(counts.predicted, counts.wanted)
    let predicted = Double(n * n - dot(counts.predicted, counts.predicted))
    let wanted = Double(n * n - dot(counts.wanted, counts.wanted))
    guard predicted > 0, wanted > 0 else { return 0 }
    return max(-1, min(1, Double(shared) / (predicted.squareRoot() * wanted.squareRoot())))
  }
}
