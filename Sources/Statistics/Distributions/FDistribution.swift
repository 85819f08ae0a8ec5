/// Fisher's F distribution: the ratio of two mean squares.
public enum FDistribution {
  /// P(X > x) for ν₁ and ν₂ degrees of freedom; ν₂ may be infinite.
  ///
  /// I_{ν₂/(ν₂+ν₁x)}(ν₂/2, ν₁/2) (DLMF 8.17); small values keep their digits.
  public static func upper(_ x: Double, _ first: Double, _ second: Double) -> Double {
    precondition(first > 0 && second > 0, "F with \(first) and \(second) degrees of freedom")
    if x <= 0 { return 1 }
    if second.isInfinite { return ChiSquared.upper(first * x, degrees: first) }
    return IncompleteBeta.regularised(second / (second + first * x), second / 2, first / 2)
  }

  /// The x with P(X ≤ x) = p, for 0 < p < 1.
  public static func quantile(_ p: Double, _ first: Double, _ second: Double) -> Double {
    precondition(p > 0 && p < 1, "F quantile of probability \(p)")
    return Root.above(0) { 1 - p - upper($0, first, second) }
  }
}
