internal import Foundation

/// The regularised incomplete gamma functions, from which χ² follows.
public enum IncompleteGamma {
  /// P(a, x) = ∫₀ˣ t^(a−1)·e^(−t) dt ÷ Γ(a), for a > 0 and x ≥ 0.
  ///
  /// The series DLMF 8.11.4 below the mean, the complement of `upper` above it. Cost: O(√a) terms.
  public static func lower(_ a: Double, _ x: Double) -> Double {
    precondition(a > 0 && x >= 0, "incomplete gamma of a \(a), x \(x)")
    if x == 0 { return 0 }
    return x < a + 1 ? series(a, x) : 1 - fraction(a, x)
  }

  /// Q(a, x) = 1 − P(a, x); small values keep their digits.
  ///
  /// The continued fraction DLMF 8.9.2 above the mean. Cost: O(√a) terms.
  public static func upper(_ a: Double, _ x: Double) -> Double {
    precondition(a > 0 && x >= 0, "incomplete gamma of a \(a), x \(x)")
    if x == 0 { return 1 }
    if x.isInfinite { return 0 }
    return x < a + 1 ? 1 - series(a, x) : fraction(a, x)
  }

  private static func series(_ a: Double, _ x: Double) -> Double {
    var term = 1 / a
    var sum = term
    var n = a
    while term > sum * 1e-17 {
      n += 1
      term *= x / n
      sum += term
    }
    return sum * exp(a * log(x) - x - GammaFunction.log(a))
  }

  /// Lentz's method on 1/(x+1−a − 1·(1−a)/(x+3−a − …)).
  private static func fraction(_ a: Double, _ x: Double) -> Double {
    let tiny = 1e-300
    var b = x + 1 - a
    var c = 1 / tiny
    var d = 1 / b
    var value = d
    for index in 1...100_000 {
      let numerator = -Double(index) * (Double(index) - a)
      b += 2
      d = numerator * d + b
      if abs(d) < tiny { d = tiny }
      c = b + numerator / c
      if abs(c) < tiny { c = tiny }
      d = 1 / d
      value *= c * d
      if abs(c * d - 1) < 1e-16 { break }
    }
    return value * exp(a * log(x) - x - GammaFunction.log(a))
  }
}
