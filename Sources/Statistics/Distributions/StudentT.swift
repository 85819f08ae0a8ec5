internal import Foundation

/// Student's t distribution with ν > 0 degrees of freedom.
public enum StudentT {
  /// The two-sided p value of t: P(|T| ≥ |t|) = I_{ν/(ν+t²)}(ν/2, 1/2).
  ///
  /// Small values keep their digits.
  public static func twoSided(_ t: Double, degrees: Double) -> Double {
    precondition(degrees > 0, "Student's t with \(degrees) degrees of freedom")
    if t.isInfinite { return 0 }
    // Near the middle the share ν/(ν+t²) rounds towards 1; its complement keeps its digits.
    if abs(t) < 1 { return 1 - IncompleteBeta.regularised(t * t / (degrees + t * t), 0.5, degrees / 2) }
    return IncompleteBeta.regularised(degrees / (degrees + t * t), degrees / 2, 0.5)
  }

  /// P(T ≤ t).
  public static func cdf(_ t: Double, degrees: Double) -> Double {
    let tail = twoSided(t, degrees: degrees) / 2
    return t > 0 ? 1 - tail : tail
  }

  /// The t with P(T ≤ t) = p, for 0 < p < 1.
  public static func quantile(_ p: Double, degrees: Double) -> Double {
    precondition(p > 0 && p < 1, "quantile of probability \(p)")
    if p == 0.5 { return 0 }
    if p < 0.5 { return -quantile(1 - p, degrees: degrees) }
    let outside = 2 * (1 - p)
    return Root.above(0) { outside - twoSided($0, degrees: degrees) }
  }
}
