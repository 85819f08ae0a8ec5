internal import Foundation

/// The χ² distribution with ν > 0 degrees of freedom.
public enum ChiSquared {
  /// P(X ≤ x) = P(ν/2, x/2).
  public static func cdf(_ x: Double, degrees: Double) -> Double {
    x <= 0 ? 0 : IncompleteGamma.lower(degrees / 2, x / 2)
  }

  /// P(X > x) = Q(ν/2, x/2); small values keep their digits.
  public static func upper(_ x: Double, degrees: Double) -> Double {
    x <= 0 ? 1 : IncompleteGamma.upper(degrees / 2, x / 2)
  }

  /// The x with P(X ≤ x) = p, for 0 < p < 1.
  public static func quantile(_ p: Double, degrees: Double) -> Double {
    precondition(p > 0 && p < 1, "χ² quantile of probability \(p)")
    return Root.above(0, start: degrees) {
      p < 0.5 ? cdf($0, degrees: degrees) - p : 1 - p - upper($0, degrees: degrees)
    }
  }
}
