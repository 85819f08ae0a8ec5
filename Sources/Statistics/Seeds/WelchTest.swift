/// The difference of two means of independent values, without assuming one variance.
public struct WelchTest: Sendable, Hashable {
  /// Mean of the first minus mean of the second.
  public var difference: Double
  /// √(s₁²/n₁ + s₂²/n₂).
  public var error: Double
  /// Satterthwaite's.
  public var degrees: Double
  /// Two-sided; nil where neither side varies.
  public var p: Double?

  /// Tests whether both means are equal; nil with fewer than two values on a side.
  ///
  /// Source: Welch 1947, Biometrika 34.
  public init?(_ first: [Double], _ second: [Double]) {
    guard let a = Estimate.deviation(first), let b = Estimate.deviation(second) else { return nil }
    let parts = [
      Satterthwaite.Part(a * a / Double(first.count), degrees: Double(first.count - 1)),
      Satterthwaite.Part(b * b / Double(second.count), degrees: Double(second.count - 1)),
    ]
    difference = Estimate.mean(first) - Estimate.mean(second)
    error = (parts[0].variance + parts[1].variance).squareRoot()
    degrees = Satterthwaite.degrees(parts)
    if error > 0 { p = StudentT.twoSided(difference / error, degrees: degrees) }
  }
}
