/// Degrees of freedom for a sum of independent mean squares.
public enum Satterthwaite {
  /// One part of a variance: c·S with S of some degrees of freedom.
  public struct Part: Sendable, Hashable {
    /// c·S, in squared units of the estimate; not negative.
    public var variance: Double
    /// Those of S.
    public var degrees: Double

    /// A part.
    public init(_ variance: Double, degrees: Double) {
      self.variance = variance
      self.degrees = degrees
    }
  }

  /// ν = (Σ v)² ÷ Σ v²/ν, infinite where all parts are zero.
  ///
  /// Source: Satterthwaite 1946, Biometrics Bulletin 2. `variance` is the numerator's Σ v where another sum than that of
  /// the parts is tested. Cost: O(parts).
  public static func degrees(_ parts: [Part], variance: Double? = nil) -> Double {
    let sum = variance ?? parts.reduce(0) { $0 + $1.variance }
    // Divided first: the squares of tiny variances would underflow.
    let spread = parts.reduce(0) { total, part in
      let share = sum > 0 ? part.variance / sum : 0
      return total + share * share / part.degrees
    }
    return spread > 0 ? 1 / spread : .infinity
  }
}
