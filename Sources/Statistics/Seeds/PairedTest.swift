/// What a candidate gains over a reference, seed by seed.
public struct PairedTest: Sendable, Hashable {
  /// The mean difference with its interval.
  public var difference: Estimate
  /// The two-sided p value of Student's paired t test; nil where no test is possible.
  public var p: Double?

  /// Tests whether the mean of the differences is zero: t = mean ÷ (s/√n) with n − 1 degrees of freedom.
  ///
  /// Differences that are all zero give p = 1. Differences that are all equal but not zero leave nothing to
  /// measure chance by: p is nil, where SciPy says 0. Such runs come from scores that move in steps of one
  /// item, and to call three equal steps infinitely certain would be the strongest claim of the table.
  /// "Equal" allows for rounding: `scale` is the size of the numbers that were subtracted.
  /// - Returns: nil without any difference.
  public init?(differences: [Double], scale: Double) {
    guard let difference = Estimate(differences) else { return nil }
    self.difference = difference
    guard let deviation = difference.deviation else { return }
    let rounding = 1e-14 * max(scale, abs(difference.mean))
    if deviation > rounding {
      let t = difference.mean / (deviation / Double(differences.count).squareRoot())
      p = StudentT.twoSided(t, degrees: Double(differences.count - 1))
    } else if abs(difference.mean) <= rounding {
      p = 1
    }
  }
}
