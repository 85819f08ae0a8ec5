internal import Foundation

/// The regularised incomplete beta function, from which Student's t distribution follows.
package enum IncompleteBeta {
  /// ln Γ(x) for x > 0.
  ///
  /// Stirling's series (DLMF 5.11.1) after the recurrence Γ(x+1) = x·Γ(x) has lifted x to 12, where eight
  /// terms leave less than one unit in the last place. Cost: O(1).
  package static func logGamma(_ x: Double) -> Double {
    precondition(x > 0, "logGamma: \(x) is not positive")
    var x = x
    var product = 1.0
    while x < 12 {
      product *= x
      x += 1
    }
    // 1/12, −1/360, 1/1260, … as their reciprocals.
    let divisors: [Double] = [12, -360, 1260, -1680, 1188, -360_360.0 / 691, 156, -122_400.0 / 3617]
    var series = 0.0
    var power = x
    for divisor in divisors {
      series += 1 / (divisor * power)
      power *= x * x
    }
    return (x - 0.5) * log(x) - x + 0.5 * log(2 * Double.pi) + series - log(product)
  }

  /// I_x(a, b) = ∫₀ˣ t^(a−1)·(1−t)^(b−1) dt ÷ B(a, b), for 0 ≤ x ≤ 1 and a, b > 0.
  ///
  /// Continued fraction (DLMF 8.17.22) by Lentz's method, on the side of the mean where it converges fast.
  /// Cost: O(√max(a, b)) terms.
  package static func regularised(_ x: Double, _ a: Double, _ b: Double) -> Double {
    precondition(x >= 0 && x <= 1 && a > 0 && b > 0, "incomplete beta of x \(x), a \(a), b \(b)")
    if x == 0 || x == 1 { return x }
    // The complement is taken only where it is the larger part, so small results keep their digits.
    if x > (a + 1) / (a + b + 2) { return 1 - lowerSide(1 - x, b, a) }
    return lowerSide(x, a, b)
  }

  private static func lowerSide(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let logBeta = logGamma(a) + logGamma(b) - logGamma(a + b)
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
