/// Two one-sided tests: whether a difference is shown to lie within a margin.
///
/// Source: Schuirmann 1987, J. Pharmacokinetics and Biopharmaceutics 15.
public enum EquivalenceTest {
  /// max(P(T ≥ (Δ + D)/se), P(T ≥ (Δ − D)/se)); small where |D| is shown to be below the margin Δ.
  public static func p(_ difference: Double, error: Double, degrees: Double, margin: Double) -> Double {
    precondition(margin > 0 && error > 0, "the margin \(margin) with the standard error \(error)")
    return [1.0, -1.0].map { side in
      1 - StudentT.cdf((margin + side * difference) / error, degrees: degrees)
    }.max() ?? 1
  }

  /// |D| + t(1 − α, ν)·se: the smallest margin for which this test would have said equal.
  public static func smallestMargin(
    _ difference: Double, error: Double, degrees: Double, alpha: Double = 0.05
  ) -> Double {
    abs(difference) + StudentT.quantile(1 - alpha, degrees: degrees) * error
  }
}
