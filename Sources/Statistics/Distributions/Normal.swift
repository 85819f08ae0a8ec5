internal import Foundation

/// The standard normal distribution.
public enum Normal {
  /// φ(x) = e^(−x²/2)/√(2π).
  public static func density(_ x: Double) -> Double {
    exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
  }

  /// Φ(x) = P(X ≤ x); small values keep their digits.
  public static func cdf(_ x: Double) -> Double {
    erfc(-x * 0.5.squareRoot()) / 2
  }

  /// 1 − Φ(x) = P(X > x); small values keep their digits.
  public static func upper(_ x: Double) -> Double {
    cdf(-x)
  }

  /// The x with Φ(x) = p, for 0 < p < 1.
  ///
  /// The start of Abramowitz and Stegun 26.2.23, which is right to 5e-4, and Halley's method. Cost: about four erfc.
  public static func quantile(_ p: Double) -> Double {
    precondition(p > 0 && p < 1, "normal quantile of probability \(p)")
    if p == 0.5 { return 0 }
    if p > 0.5 { return -quantile(1 - p) }
    let t = (-2 * log(p)).squareRoot()
    let top = 2.515517 + t * (0.802853 + t * 0.010328)
    var x = top / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
    for _ in 0..<20 {
      let ratio = (cdf(x) - p) / density(x)
      let step = ratio / (1 + x * ratio / 2)
      x -= step
      if abs(step) < 1e-15 * abs(x) { break }
    }
    return x
  }
}
