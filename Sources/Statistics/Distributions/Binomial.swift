internal import Foundation

/// The number of successes in n draws of probability p.
public enum Binomial {
  /// P(X = k).
  public static func mass(_ k: Int, of n: Int, _ p: Double) -> Double {
    if k < 0 || k > n { return 0 }
    if p == 0 || p == 1 { return k == (p == 0 ? 0 : n) ? 1 : 0 }
    let ways =
      GammaFunction.log(Double(n + 1)) - GammaFunction.log(Double(k + 1))
      - GammaFunction.log(Double(n - k + 1))
    return exp(ways + Double(k) * log(p) + Double(n - k) * log1p(-p))
  }

  /// P(X ≤ k) = I_{1−p}(n − k, k + 1).
  public static func cdf(_ k: Int, of n: Int, _ p: Double) -> Double {
    if k < 0 { return 0 }
    return k >= n ? 1 : IncompleteBeta.regularised(1 - p, Double(n - k), Double(k + 1))
  }

  /// Clopper and Pearson's exact interval for the probability behind k successes in n draws.
  ///
  /// Source: Clopper and Pearson 1934, Biometrika 26. It covers at least `confidence`, whatever the probability.
  public static func interval(_ k: Int, of n: Int, confidence: Double = 0.95) -> ClosedRange<Double> {
    precondition(n > 0 && k >= 0 && k <= n, "\(k) of \(n)")
    let tail = (1 - confidence) / 2
    let low = k == 0 ? 0 : IncompleteBeta.quantile(tail, Double(k), Double(n - k + 1))
    let high = k == n ? 1 : IncompleteBeta.quantile(1 - tail, Double(k + 1), Double(n - k))
    return low...high
  }
}
