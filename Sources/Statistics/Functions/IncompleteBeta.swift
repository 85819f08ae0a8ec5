internal import Foundation

/// The regularised incomplete beta function, from which Student's t distribution follows.
public enum IncompleteBeta {
  /// I_x(a, b) = ∫₀ˣ t^(a−1)·(1−t)^(b−1) dt ÷ B(a, b), for 0 ≤ x ≤ 1 and a, b > 0.
  ///
  /// Continued fraction (DLMF 8.17.22) by Lentz's method, on the side of the mean where it converges fast.
  /// Cost: O(√max(a, b)) terms.
  public static func regularised(_ x: Double, _ a: Double, _ b: Double) -> Double {
    precondition(x >= 0 && x <= 1 && a > 0 && b > 0, "incomplete beta of x \(x), a \(a), b \(b)")
    if x == 0 || x == 1 { return x }
    // The complement is taken only where it is the larger part, so small results keep their digits.
    if x > (a + 1) / (a + b + 2) { return 1 - lowerSide(1 - x, b, a) }
    return lowerSide(x, a, b)
  }

  /// The x with I_x(a, b) = p; about fifty evaluations.
  public static func quantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
    precondition(p >= 0 && p <= 1, "beta quantile of probability \(p)")
    if p == 0 || p == 1 { return p }
    return Root.between(0, 1) { regularised($0, a, b) - p }
  }

  private static func lowerSide(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let logBeta = GammaFunction.log(a) + GammaFunction.log(b) - GammaFunction.log(a + b)
    return exp(a * log(x) + b * log1p(-x) - logBeta) / a / continuedFraction(x, a, b)
  }

  /// 1 + d₁/(1 + d₂/(1 + …)) of DLMF 8.17.22.
  private static func continuedFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    var fraction = 1.0
    var c = 1.0
    var d = 0.0
    for index in 1...100_000 {
      let m = Double(index / 2)
      let numerator =
        index % 2 == 0
        ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 + numerator * d
      if abs(d) < tiny { d = tiny }
      d = 1 / d
      c = 1 + numerator / c
      if abs(c) < tiny { c = tiny }
      fraction *= c * d
      if abs(c * d - 1) < 1e-16 { break }
    }
    return fraction
  }
}
