/// What a recipe gains on tasks like these: an average over tasks that are a sample themselves.
///
/// yᵢ = μ + uᵢ + εᵢ with Var εᵢ known and Var uᵢ = τ². Hartung and Knapp's interval (2001, Statistics in Medicine 20), which
/// holds with few tasks where the normal one does not.
public struct RandomEffects: Sendable, Hashable {
  /// μ.
  public var mean: Double
  /// Hartung and Knapp's: √(Σ w(y − μ)² ÷ ((k − 1)·Σ w)).
  public var error: Double
  /// k − 1.
  public var degrees: Double
  /// τ², by Paule and Mandel: Σ w(τ²)·(y − μ)² = k − 1, or 0.
  public var between: Double
  /// Cochran's Q at τ² = 0, the test of whether tasks differ at all.
  public var q: Double

  /// Joins the estimates of tasks; nil for fewer than two, and where an error is not positive.
  public init?(_ estimates: [Double], errors: [Double]) {
    precondition(estimates.count == errors.count, "\(estimates.count) estimates, \(errors.count) errors")
    guard estimates.count > 1, errors.allSatisfy({ $0 > 0 }) else { return nil }
    let k = Double(estimates.count)
    func joined(_ between: Double) -> (mean: Double, weight: Double, q: Double) {
      let weights = errors.map { 1 / ($0 * $0 + between) }
      let weight = weights.reduce(0, +)
      let mean = zip(weights, estimates).reduce(0) { $0 + $1.0 * $1.1 } / weight
      let q = zip(weights, estimates).reduce(0) { $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean) }
      return (mean, weight, q)
    }
    q = joined(0).q
    let isSpread = q > k - 1
    // Q falls with τ²: what is above k − 1 at 0 crosses it once.
    between = isSpread ? Root.above(0, start: errors.map { $0 * $0 }.max() ?? 1) { k - 1 - joined($0).q } : 0
    let final = joined(between)
    mean = final.mean
    error = (final.q / ((k - 1) * final.weight)).squareRoot()
    degrees = k - 1
  }

  /// Half the width of the interval for μ.
  public func halfWidth(confidence: Double = 0.95) -> Double {
    StudentT.quantile((1 + confidence) / 2, degrees: degrees) * error
  }
}
