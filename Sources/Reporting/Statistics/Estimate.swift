/// A mean over seeds with its 95 % confidence interval.
package struct Estimate: Sendable, Hashable {
  /// The arithmetic mean, summed in the order of the seeds.
  package var mean: Double
  /// s, the sample standard deviation; nil for fewer than two values.
  package var deviation: Double?
  /// n.
  package var count: Int

  /// Estimates from the values of the seeds; nil without any.
  package init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    mean = Estimate.mean(values)
    deviation = Estimate.deviation(values)
    count = values.count
  }

  /// Half the width of the interval, t_{0.975, n−1}·s/√n; nil for fewer than two values.
  ///
  /// Computed when it is asked for: the quantile costs more than all the rest, and choosing needs means only.
  package var halfWidth: Double? {
    deviation.map { StudentT.quantile(0.975, degrees: Double(count - 1)) * $0 / Double(count).squareRoot() }
  }

  /// Σx ÷ n.
  package static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// The sample standard deviation s = √(Σ(x − mean)² ÷ (n − 1)); nil for fewer than two values.
  package static func deviation(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let center = mean(values)
    let squares = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    return (squares / Double(values.count - 1)).squareRoot()
  }
}
