internal import Statistics

extension Metric {
  /// Pearson's correlation; 0 where predictions or targets are constant, for which SciPy gives NaN.
  ///
  /// Zero and not NaN, because a model that says the same of everything knows nothing, and a mean over seeds
  /// must not be lost to it.
  static let pearson = Metric(
    "pearson", "linear correlation", of: [.number], range: -1...1, sample: numbers(.pearson)
  ) {
    predictions, targets, _ in
    correlation(predictions.numbers, targets.numbers)
  }

  /// Σ(a − ā)(b − b̄) ÷ (‖a − ā‖·‖b − b̄‖), cut to −1 … 1.
  static func correlation(_ a: [Double], _ b: [Double]) -> Double {
    // Asked of the numbers themselves: the mean of equal numbers can differ from them by rounding.
    if a.allSatisfy({ $0 == a[0] }) || b.allSatisfy({ $0 == b[0] }) { return 0 }
    let a = centred(a)
    let b = centred(b)
    let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    let norms = norm(a) * norm(b)
    return norms > 0 ? max(-1, min(1, product / norms)) : 0
  }

  private static func centred(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.map { $0 - mean }
  }

  private static func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
