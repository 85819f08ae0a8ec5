/// A mean over seeds with its 95 % confidence interval.
public struct Estimate: Sendable, Hashable {
  /// The arithmetic mean, summed in the order of the seeds.
  public var mean: Double
  /// s, the sample standard deviation; nil for fewer than two values.
  public var deviation: Double?
  /// n.
  public var count: Int

  /// Estimates from the values of the seeds; nil without any.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    mean = Estimate.mean(values)
    deviation = Estimate.deviation(values)
    count = values.count
  }

  /// Half the width of the interval, t_{0.975, n−1}·s/√n; nil for fewer than two values.
  ///
  /// Computed when it is asked for: the quantile costs more than all the rest, and choosing needs means only.
  public var halfWidth: Double? {
    deviation.map { StudentT.quantile(0.975, degrees: Double(count - 1)) * $0 / Double(count).squareRoot() }
  }

  /// Σx ÷ n.
  public static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// The sample standard deviation s = √(Σ(x − mean)² ÷ (n − 1)); nil for fewer than two values.
  public static func deviation(_ values: [Double]) -> Double? {
    variance(values)?.squareRoot()
  }

  /// The sample variance Σ(x − mean)² ÷ (n − 1); nil for fewer than two values.
  public static func variance(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let center = mean(values)
    return values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(values.count - 1)
  }
}
