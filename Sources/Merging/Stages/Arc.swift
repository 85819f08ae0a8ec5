internal import Foundation
internal import LinearAlgebra

/// Spherical interpolation between two changes.
enum Arc {
  /// sin²θ at mergekit's threshold for |cos θ|.
  static let mergekitStraight = 1 - 0.9995 * 0.9995

  /// The factors of a and b at t on the arc between their directions: sin((1 − t)θ) ÷ sin θ and sin(tθ) ÷ sin
  /// θ.
  ///
  /// a and b keep their lengths, which are not interpolated. Where sin²θ is at most `straight`, the factors
  /// are those of the line, 1 − t and t; also for opposite directions, between which no arc is the shortest.
  static func factors(cosine: Double, at t: Double, straight: Double) -> [Double] {
    if 1 - cosine * cosine <= straight { return [1 - t, t] }
    let angle = acos(cosine)
    return [sin((1 - t) * angle) / sin(angle), sin(t * angle) / sin(angle)]
  }

  /// Where two weighted models stand on the arc: w₂·t ÷ (w₁·(1 − t) + w₂·t), so t itself for equal weights.
  ///
  /// Half-way where that sum is zero.
  static func position(_ weights: [Double], at t: Double) -> Double {
    let (first, second) = (weights[0] * (1 - t), weights[1] * t)
    let total = first + second
    return abs(total) > 1e-6 * (abs(first) + abs(second)) ? second / total : 0.5
  }
}
