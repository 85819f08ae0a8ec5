/// Scalar functions that vectorise inside a loop over spans: no branches, no libm, always inlined.
///
/// Results are the same bits on every vector width, since Swift forms no fused multiply-adds by itself.
public enum FastMath {
  /// Computes eˣ with a relative error below 3e-7 on −87…88; outside it is clamped to those ends.
  ///
  /// Range reduction by powers of two and a polynomial of degree six (Taylor, minimax range ±ln 2 / 2).
  @inlinable @inline(__always)
  public static func exp(_ x: Float) -> Float {
    let low: Float = -87
    let high: Float = 88
    let clamped = x < low ? low : (x > high ? high : x)
    // Adding and subtracting 1.5·2²³ rounds to the nearest whole number.
    let shifted = clamped * 1.442_695_04 + 12_582_912
    let whole = shifted - 12_582_912
    // ln 2 in two parts, so that the difference loses nothing.
    let r = (clamped - whole * 0.693_359_375) + whole * 2.121_944_4e-4
    var p: Float = 1.388_888_9e-3
    p = p * r + 8.333_333_3e-3
    p = p * r + 4.166_666_7e-2
    p = p * r + 1.666_666_7e-1
    p = p * r + 0.5
    p = p * r + 1
    p = p * r + 1
    let exponent = Int32(truncatingIfNeeded: Int(shifted.bitPattern)) &- 0x4b40_0000
    return p * Float(bitPattern: UInt32(bitPattern: (exponent &+ 127) &<< 23))
  }

  /// Φ(x), the normal distribution function, and e^(−x²/2), which its derivative needs too.
  ///
  /// erf by Abramowitz and Stegun 7.1.26: absolute error below 1.5e-7, and 3e-7 with the rounding of Float.
  @inlinable @inline(__always)
  public static func normal(_ x: Float) -> (distribution: Float, exponential: Float) {
    let magnitude = x < 0 ? -x : x
    let u = magnitude * 0.707_106_78
    let t = 1 / (1 + 0.327_591_1 * u)
    var p: Float = 1.061_405_43
    p = p * t - 1.453_152_03
    p = p * t + 1.421_413_74
    p = p * t - 0.284_496_74
    p = p * t + 0.254_829_59
    let exponential = exp(-u * u)
    let upper = 0.5 * p * t * exponential
    return (x < 0 ? upper : 1 - upper, exponential)
  }

  /// The nearest bf16 number's bits, halves to even; NaN stays NaN.
  @inlinable @inline(__always)
  public static func bfloat(_ x: Float) -> UInt16 {
    let bits = x.bitPattern
    let rounded = (bits &+ 0x7fff &+ ((bits &>> 16) & 1)) &>> 16
    return UInt16(truncatingIfNeeded: x != x ? 0x7fc0 : rounded)
  }

  /// The value of a bf16 number.
  @inlinable @inline(__always)
  public static func float(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) &<< 16) }
}
