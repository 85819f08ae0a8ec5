/// What a design can find.
public enum DetectableDifference {
  /// λ with P(T′_ν(λ) > t(1 − α/2, ν)) = power: a true difference of λ standard errors is found with that chance.
  ///
  /// Exact, by the noncentral t; t(1−α/2) + t(power) is up to 10 % too small at few degrees of freedom. Cost: some 20
  /// noncentral t probabilities.
  public static func factor(degrees: Double, alpha: Double = 0.05, power: Double = 0.8) -> Double {
    let limit = StudentT.quantile(1 - alpha / 2, degrees: degrees)
    return Root.above(0, start: limit) {
      NoncentralT.upper(limit, degrees: degrees, noncentrality: $0) - power
    }
  }

  /// The power of a two-sided test against a true difference of `effect` standard errors, both directions counted.
  public static func power(_ effect: Double, degrees: Double, alpha: Double = 0.05) -> Double {
    let limit = StudentT.quantile(1 - alpha / 2, degrees: degrees)
    return NoncentralT.upper(limit, degrees: degrees, noncentrality: effect)
      + NoncentralT.cdf(-limit, degrees: degrees, noncentrality: effect)
  }
}
