internal import Statistics

extension Metric {
  /// The share of the targets' variance that the predictions explain: 1 − Σ(t − p)² ÷ Σ(t − t̄)².
  ///
  /// Where all targets are equal it is 1 for perfect predictions and 0 for others, as scikit-learn's
  /// `r2_score` has it.
  static let rSquared = Metric(
    "r2", "share of the variance explained", of: [.number], range: (-.infinity)...1,
    sample: numbers(.rSquared)
  ) { predictions, targets, _ in
    let wanted = targets.numbers
    let error = squaredError(predictions.numbers, wanted)
    let mean = wanted.reduce(0, +) / Double(wanted.count)
    let variance = wanted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    if wanted.allSatisfy({ $0 == wanted[0] }) { return error == 0 ? 1 : 0 }
    return 1 - error / variance
  }
}
