internal import Foundation

/// Means over the estimated standard deviation, which turn normal probabilities into those of t-like statistics.
enum ScaleMixture {
  /// E f(S) with S = √(χ²_ν/ν); f(1) for infinitely many degrees.
  ///
  /// χ is a 1-Lipschitz function of normal numbers, so S lies within 8.5/√ν of its mean but for 2e-16. Where the interval
  /// begins at 0 the density's root there is smoothed by S = c·u³. Cost: 256 evaluations.
  static func mean(degrees: Double, _ function: (Double) -> Double) -> Double {
    if degrees.isInfinite { return function(1) }
    let logScale = log(2) + degrees / 2 * log(degrees / 2) - GammaFunction.log(degrees / 2)
    func density(_ s: Double) -> Double {
      s <= 0 ? 0 : exp(logScale + (degrees - 1) * log(s) - degrees * s * s / 2)
    }
    let high = 1 + 8.5 / degrees.squareRoot()
    let low = 1 - 9.5 / degrees.squareRoot()
    if low > 0 {
      return Quadrature.integral(from: low, to: high, panels: 8) { density($0) * function($0) }
    }
    return Quadrature.integral(from: 0, to: 1, panels: 8) { u in
      let s = high * u * u * u
      return density(s) * function(s) * 3 * high * u * u
    }
  }
}
