internal import Foundation

/// A Gaussian process over points of the cube: Matérn 5/2 with one length scale, and noise.
///
/// k(r) = (1 + √5·r ÷ ℓ + 5·r² ÷ 3ℓ²)·exp(−√5·r ÷ ℓ). Mean and variance of the values are taken out; ℓ and the noise are
/// those of a few that make the values most likely. Source: Rasmussen and Williams 2006, sections 2.2, 4.2 and 5.4.
/// Cost: O(N³) for each pair of settings, O(N²) a prediction.
struct GaussianProcess {
  private let points: [[Double]]
  private let length: Double
  private let factor: [[Double]]
  private let alpha: [Double]
  private let mean: Double
  private let variance: Double
  private let logLikelihood: Double

  /// The process that fits some values best; at least one.
  static func fitted(_ points: [[Double]], _ values: [Double]) -> GaussianProcess? {
    let width = Double(points.first?.count ?? 1).squareRoot()
    var best: GaussianProcess?
    for length in [0.1, 0.2, 0.4, 0.8, 1.6].map({ $0 * width }) {
      for noise in [1e-6, 1e-4, 1e-2, 1e-1] {
        guard let process = GaussianProcess(points, values, length: length, noise: noise) else { continue }
        if process.logLikelihood > best?.logLikelihood ?? -.infinity { best = process }
      }
    }
    return best
  }

  /// - Parameter noise: The noise's variance over that of the function.
  /// - Returns: nil where the covariance is singular.
  init?(_ points: [[Double]], _ values: [Double], length: Double, noise: Double) {
    let n = values.count
    var factor = points.enumerated().map { i, point in
      (0...i).map { j in
        GaussianProcess.kernel(point, points[j], length) + (i == j ? noise : 0)
      }
    }
    var logDeterminant = 0.0
    for i in 0..<n {
      for j in 0...i {
        var sum = factor[i][j]
        for k in 0..<j { sum -= factor[i][k] * factor[j][k] }
        if i == j {
          guard sum > 1e-12 else { return nil }
          factor[i][i] = sum.squareRoot()
          logDeterminant += log(sum)
        } else {
          factor[i][j] = sum / factor[j][j]
        }
      }
    }
    mean = values.reduce(0, +) / Double(n)
    let centred = values.map { [mean] in $0 - mean }
    alpha = GaussianProcess.solveUpper(factor, GaussianProcess.solveLower(factor, centred))
    let fit = zip(centred, alpha).reduce(0) { $0 + $1.0 * $1.1 } / Double(n)
    variance = max(fit, 1e-300)
    logLikelihood = -0.5 * (Double(n) * log(variance) + logDeterminant)
    (self.points, self.length, self.factor) = (points, length, factor)
  }

  /// Mean and standard deviation at a point.
  func prediction(at point: [Double]) -> (mean: Double, deviation: Double) {
    let k = points.map { GaussianProcess.kernel($0, point, length) }
    let expected = mean + zip(k, alpha).reduce(0) { $0 + $1.0 * $1.1 }
    let explained = GaussianProcess.solveLower(factor, k).reduce(0) { $0 + $1 * $1 }
    return (expected, (variance * max(0, 1 - explained)).squareRoot())
  }

  /// E max(0, best − f): what a trial at a point is expected to gain.
  func expectedImprovement(at point: [Double], over best: Double) -> Double {
    let (mean, deviation) = prediction(at: point)
    guard deviation > 1e-12 else { return max(0, best - mean) }
    let z = (best - mean) / deviation
    let density = exp(-0.5 * z * z) / (2 * Double.pi).squareRoot()
    return (best - mean) * 0.5 * erfc(-z / 2.0.squareRoot()) + deviation * density
  }

  private static func kernel(_ a: [Double], _ b: [Double], _ length: Double) -> Double {
    let squared = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let r = (5 * squared).squareRoot() / length
    return (1 + r + r * r / 3) * exp(-r)
  }

  private static func solveLower(_ factor: [[Double]], _ b: [Double]) -> [Double] {
    var x = b
    for i in b.indices {
      for k in 0..<i { x[i] -= factor[i][k] * x[k] }
      x[i] /= factor[i][i]
    }
    return x
  }

  private static func solveUpper(_ factor: [[Double]], _ b: [Double]) -> [Double] {
    var x = b
    for i in b.indices.reversed() {
      for k in (i + 1)..<max(b.count, i + 1) { x[i] -= factor[k][i] * x[k] }
      x[i] /= factor[i][i]
    }
    return x
  }
}
