/// Where a continuous function of one number crosses zero.
public enum Root {
  /// A root between two points of different sign, to within a few units in the last place.
  ///
  /// Brent's method (1973, Algorithms for minimization without derivatives, chapter 4): inverse quadratic steps that fall
  /// back on bisection. Traps where the signs agree. Cost: some ten evaluations, a hundred at most.
  public static func between(_ low: Double, _ high: Double, _ function: (Double) -> Double) -> Double {
    var a = low
    var b = high
    var fa = function(a)
    var fb = function(b)
    if fa == 0 { return a }
    if fb == 0 { return b }
    precondition((fa < 0) != (fb < 0), "no change of sign between \(low) and \(high)")
    var c = a
    var fc = fa
    var step = b - a
    var previous = step
    for _ in 0..<200 {
      if (fb < 0) == (fc < 0) {
        c = a
        fc = fa
        step = b - a
        previous = step
      }
      if abs(fc) < abs(fb) {
        (a, b, c) = (b, c, b)
        (fa, fb, fc) = (fb, fc, fb)
      }
      let tolerance = 2 * b.ulp
      let middle = (c - b) / 2
      if abs(middle) <= tolerance || fb == 0 { return b }
      if abs(previous) >= tolerance, abs(fa) > abs(fb) {
        let trial = interpolated(a, b, c, fa, fb, fc)
        let isSafe = abs(trial) < min(abs(1.5 * middle), abs(previous / 2)) && (trial < 0) == (middle < 0)
        previous = isSafe ? step : middle
        step = isSafe ? trial : middle
      } else {
        previous = middle
        step = middle
      }
      a = b
      fa = fb
      b += abs(step) > tolerance ? step : (middle > 0 ? tolerance : -tolerance)
      fb = function(b)
    }
    return b
  }

  /// A root of an increasing function above a point: the bracket is doubled until it holds one.
  ///
  /// - Returns: infinity where the function stays negative up to 1e300.
  public static func above(_ low: Double, start: Double = 1, _ function: (Double) -> Double) -> Double {
    var width = start
    var from = low
    while function(low + width) < 0 {
      from = low + width
      width *= 2
      if width > 1e300 { return .infinity }
    }
    return between(from, low + width, function)
  }

  /// The step from b of the inverse quadratic through three points, or of the secant where two are one.
  private static func interpolated(
    _ a: Double, _ b: Double, _ c: Double, _ fa: Double, _ fb: Double, _ fc: Double
  ) -> Double {
    let s = fb / fa
    if a == c { return -(c - b) * s / (1 - s) }
    let q = fa / fc
    let r = fb / fc
    let numerator = s * ((c - b) * q * (q - r) - (b - a) * (r - 1))
    let denominator = (q - 1) * (r - 1) * (s - 1)
    return -numerator / denominator
  }
}
