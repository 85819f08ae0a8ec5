/// The confidence set of a ratio of two estimated means.
///
/// Source: Fieller 1954, J. Royal Statist. Soc. B 16. The set of ρ with (N − ρQ)² ≤ t²·(V_N − 2ρV_NQ + ρ²V_Q).
public enum Fieller: Sendable, Hashable {
  /// The set is an interval.
  case bounded(ClosedRange<Double>)
  /// The denominator is not different from zero: the set is the line or all but an interval, and no number says anything.
  case unbounded

  /// The set for a numerator N and denominator Q with their variances and covariance, at a quantile t.
  public init(
    numerator: Double, denominator: Double, variances: (numerator: Double, denominator: Double),
    covariance: Double,
    quantile t: Double
  ) {
    let a = denominator * denominator - t * t * variances.denominator
    let b = numerator * denominator - t * t * covariance
    let c = numerator * numerator - t * t * variances.numerator
    let root = b * b - a * c
    // For a > 0 the root is positive but for rounding.
    guard a > 0 else {
      self = .unbounded
      return
    }
    let half = max(0, root).squareRoot()
    self = .bounded((b - half) / a...(b + half) / a)
  }

  /// The interval, if there is one.
  public var interval: ClosedRange<Double>? {
    if case .bounded(let range) = self { range } else { nil }
  }
}
