internal import Foundation

/// The gamma function and its logarithmic derivatives, for positive arguments.
public enum GammaFunction {
  /// ln Γ(x) for x > 0.
  ///
  /// Stirling's series (DLMF 5.11.1) after the recurrence Γ(x+1) = x·Γ(x) has lifted x to 12, where eight
  /// terms leave less than one unit in the last place. Cost: O(1).
  public static func log(_ x: Double) -> Double {
    precondition(x > 0, "ln Γ: \(x) is not positive")
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
    return (x - 0.5) * Foundation.log(x) - x + 0.5 * Foundation.log(2 * Double.pi) + series
      - Foundation.log(product)
  }

  /// ψ(x) = d ln Γ(x)/dx; recurrence to x ≥ 12, then DLMF 5.11.2.
  ///
  /// Cost: O(1).
  public static func digamma(_ x: Double) -> Double {
    precondition(x > 0, "digamma of \(x)")
    var x = x
    var lifted = 0.0
    while x < 12 {
      lifted -= 1 / x
      x += 1
    }
    let series = asymptotic(
      1 / (x * x), [1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32_760])
    return lifted + Foundation.log(x) - 0.5 / x - series
  }

  /// ψ′(x); recurrence to x ≥ 12, then the derivative of DLMF 5.11.2.
  ///
  /// Cost: O(1).
  public static func trigamma(_ x: Double) -> Double {
    precondition(x > 0, "trigamma of \(x)")
    var x = x
    var lifted = 0.0
    while x < 12 {
      lifted += 1 / (x * x)
      x += 1
    }
    let series = asymptotic(1 / (x * x), [1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730])
    return lifted + 1 / x + 0.5 / (x * x) + series / x
  }

  /// ψ″(x); recurrence to x ≥ 12, then the second derivative of DLMF 5.11.2.
  ///
  /// Cost: O(1).
  public static func tetragamma(_ x: Double) -> Double {
    precondition(x > 0, "tetragamma of \(x)")
    var x = x
    var lifted = 0.0
    while x < 12 {
      lifted -= 2 / (x * x * x)
      x += 1
    }
    let series = asymptotic(1 / (x * x), [0.5, -1.0 / 6, 1.0 / 6, -3.0 / 10, 5.0 / 6, -691.0 / 210])
    return lifted - 1 / (x * x) - 1 / (x * x * x) - series / (x * x)
  }

  /// The x with ψ′(x) = y, for y > 0.
  ///
  /// Newton's method on 1/ψ′, which is convex and nearly linear (Smyth 2004, Linear models and empirical Bayes methods,
  /// appendix); monotone from its start, so about ten steps.
  public static func inverseTrigamma(_ y: Double) -> Double {
    precondition(y > 0, "inverse trigamma of \(y)")
    if y > 1e7 { return 1 / y.squareRoot() }
    if y < 1e-6 { return 1 / y }
    var x = 0.5 + 1 / y
    for _ in 0..<60 {
      let value = trigamma(x)
      let step = value * (1 - value / y) / tetragamma(x)
      x += step
      if abs(step) < 1e-15 * x { break }
    }
    return x
  }

  /// c₁·z + c₂·z² + …, from the smallest term.
  private static func asymptotic(_ z: Double, _ coefficients: [Double]) -> Double {
    coefficients.reversed().reduce(0) { ($0 + $1) * z }
  }
}
