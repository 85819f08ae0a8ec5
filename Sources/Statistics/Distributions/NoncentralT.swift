internal import Foundation

/// Student's t with a true difference: (Z + δ) ÷ √(χ²_ν/ν).
///
/// Power follows from it.
public enum NoncentralT {
  /// P(T ≤ t) for ν degrees of freedom and noncentrality δ.
  ///
  /// For t ≥ 0: Φ(−δ) + ½ Σⱼ [pⱼ·I_x(j+½, ν/2) + qⱼ·I_x(j+1, ν/2)] with x = t²/(ν+t²) and the Poisson weights pⱼ, qⱼ of
  /// δ²/2 (Lenth 1989, Applied Statistics 38, algorithm AS 243). The terms are summed around the largest weight, so
  /// that no δ underflows. Absolute error below 1e-12. Cost: O(10 + |δ|) incomplete beta functions.
  public static func cdf(_ t: Double, degrees: Double, noncentrality: Double) -> Double {
    precondition(degrees > 0, "noncentral t with \(degrees) degrees of freedom")
    if t < 0 { return 1 - cdf(-t, degrees: degrees, noncentrality: -noncentrality) }
    let below = Normal.cdf(-noncentrality)
    if t == 0 { return below }
    let x = t * t / (degrees + t * t)
    let half = noncentrality * noncentrality / 2
    // Poisson weights are beyond 1e-18 within nine standard deviations, and some more for small means.
    let reach = 9 * half.squareRoot() + 20
    let first = max(0, (half - reach).rounded(.down))
    var sum = 0.0
    var j = first
    while j <= half + reach {
      // ln of the weight; δ = 0 has the weight of j = 0 alone.
      let power = half == 0 ? (j == 0 ? 0 : -Double.infinity) : j * log(half)
      let p = exp(power - half - GammaFunction.log(j + 1))
      let q = noncentrality / 2.0.squareRoot() * exp(power - half - GammaFunction.log(j + 1.5))
      sum +=
        p * IncompleteBeta.regularised(x, j + 0.5, degrees / 2)
        + q * IncompleteBeta.regularised(x, j + 1, degrees / 2)
      j += 1
    }
    return min(1, max(0, below + sum / 2))
  }

  /// P(T > t).
  public static func upper(_ t: Double, degrees: Double, noncentrality: Double) -> Double {
    1 - cdf(t, degrees: degrees, noncentrality: noncentrality)
  }
}
