internal import Foundation

/// The range of k means over their estimated standard error, on which Tukey's and Nemenyi's comparisons rest.
public enum StudentizedRange {
  /// P(Q ≤ q) for k means and ν degrees of freedom, which may be infinite.
  ///
  /// E over S = √(χ²_ν/ν) of k·∫ φ(z)·[Φ(z) − Φ(z − qS)]^(k−1) dz (Copenhaver and Holland 1988, J. Statist. Comput.
  /// Simul. 30), by Gauss and Legendre's rule; absolute error below 1e-10 for ν ≥ 2. Cost: 128 evaluations of Φ, 256
  /// times as many where ν is finite.
  public static func cdf(_ q: Double, means: Int, degrees: Double = .infinity) -> Double {
    precondition(means > 1 && degrees > 0, "range of \(means) means with \(degrees) degrees of freedom")
    if q <= 0 { return 0 }
    return min(1, ScaleMixture.mean(degrees: degrees) { s in normalRange(q * s, means) })
  }

  /// P(Q > q).
  public static func upper(_ q: Double, means: Int, degrees: Double = .infinity) -> Double {
    1 - cdf(q, means: means, degrees: degrees)
  }

  /// The q with P(Q ≤ q) = p, for 0 < p < 1.
  public static func quantile(_ p: Double, means: Int, degrees: Double = .infinity) -> Double {
    precondition(p > 0 && p < 1, "quantile of probability \(p)")
    return Root.above(0) { cdf($0, means: means, degrees: degrees) - p }
  }

  private static func normalRange(_ width: Double, _ means: Int) -> Double {
    Double(means)
      * Quadrature.integral(from: -8.5, to: 8.5, panels: 4) { z in
        Normal.density(z) * pow(max(0, Normal.cdf(z) - Normal.cdf(z - width)), Double(means - 1))
      }
  }
}
