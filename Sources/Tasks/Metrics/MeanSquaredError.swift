internal import Statistics

extension Metric {
  /// The mean of the squared differences.
  static let meanSquaredError = Metric(
    "mse", "mean squared error", of: [.number], higherIsBetter: false, range: 0...(.infinity),
    sample: numbers(.meanSquaredError)
  ) { predictions, targets, _ in
    squaredError(predictions.numbers, targets.numbers) / Double(targets.count)
  }

  static func squaredError(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }
}
