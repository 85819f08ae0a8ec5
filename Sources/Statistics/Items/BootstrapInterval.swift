internal import Foundation

/// Bootstrap intervals.
public enum BootstrapInterval {
  /// The plain percentiles of the draws.
  public static func percentile(_ draws: [Double], confidence: Double = 0.95) -> ClosedRange<Double>? {
    guard !draws.isEmpty else { return nil }
    let sorted = draws.sorted()
    let tail = (1 - confidence) / 2
    return quantile(sorted, tail)...quantile(sorted, 1 - tail)
  }

  /// Percentiles moved for bias and for a variance that changes with the value (BCa).
  ///
  /// z₀ = Φ⁻¹(share of draws below the estimate, half of the equal ones), a = Σ(m − jᵢ)³ ÷ 6(Σ(m − jᵢ)²)^1.5 of the jackknife
  /// values, levels Φ(z₀ + (z₀ + z)/(1 − a(z₀ + z))).
  /// Source: Efron 1987, JASA 82.
  /// - Returns: nil without draws, and where all draws lie on one side of the estimate or are one number.
  public static func accelerated(
    _ draws: [Double], estimate: Double, jackknife: [Double], confidence: Double = 0.95
  ) -> ClosedRange<Double>? {
    guard !draws.isEmpty, !jackknife.isEmpty else { return nil }
    // As in MaxT: equal draws must count as equal, whatever the rounding of their sums.
    let rounding = 1e-12 * max(1, abs(estimate))
    let share =
      draws.reduce(0.0) { $0 + ($1 < estimate - rounding ? 1 : $1 <= estimate + rounding ? 0.5 : 0) }
      / Double(draws.count)
    let center = Estimate.mean(jackknife)
    let squares = jackknife.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    guard share > 0, share < 1, squares > 0 else { return nil }
    let cubes = jackknife.reduce(0) { $0 + (center - $1) * (center - $1) * (center - $1) }
    let acceleration = cubes / (6 * squares * squares.squareRoot())
    let bias = Normal.quantile(share)
    let sorted = draws.sorted()
    let ends = [(1 - confidence) / 2, (1 + confidence) / 2].map { level in
      let z = bias + Normal.quantile(level)
      return quantile(sorted, Normal.cdf(bias + z / (1 - acceleration * z)))
    }
    return ends[0]...max(ends[0], ends[1])
  }

  /// The value at a share of sorted numbers, linear between neighbours (type 7 of Hyndman and Fan 1996).
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let low = Int(place)
    let high = min(low + 1, sorted.count - 1)
    return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
  }
}
