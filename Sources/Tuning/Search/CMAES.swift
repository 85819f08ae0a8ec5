public import Basics
internal import Foundation
internal import LinearAlgebra

/// CMA-ES: draws from a normal distribution that learns where and along which directions values fall.
///
/// (μ/μ_w, λ) with cumulative step-size control and rank-one and rank-μ updates of the covariance; weights of the better
/// half only. Source: Hansen 2016, arXiv:1604.00772, Table 1 and section 5. Points beyond the bounds are moved onto them
/// and count as such. Cost beside the trials: O(n³) a generation of λ = 4 + ⌊3·ln n⌋.
public struct CMAES: Searching {
  private let n: Int
  private let bounds: ClosedRange<Double>?
  private var random: RandomStream

  private let population: Int
  private let weights: [Double]
  private let effective: Double
  private let (sigmaRate, sigmaDamping): (Double, Double)
  private let (pathRate, rankOne, rankMu): (Double, Double, Double)
  private let expectedNorm: Double

  private var mean: [Double]
  private var sigma: Double
  private var covariance: DoubleMatrix
  private var (axes, scales): (DoubleMatrix, [Double])
  private var sigmaPath: [Double]
  private var covariancePath: [Double]
  private var generation = 0
  private var asked: [(point: [Double], value: Double)] = []
  private var pending: [Double]?
  private var isFirst = true

  /// Starts at a point, which is the first to be tried.
  ///
  /// - Parameters:
  ///   - deviation: σ of the first draws.
  ///   - bounds: Of every number; nil for none.
  public init(start: [Double], deviation: Double, bounds: ClosedRange<Double>?, random: RandomStream) {
    let n = start.count
    let d = Double(n)
    let population = 4 + Int(3 * log(d))
    let parents = population / 2
    let raw = (1...parents).map { log(Double(population + 1) / 2) - log(Double($0)) }
    let weights = raw.map { $0 / raw.reduce(0, +) }
    let effective = 1 / weights.reduce(0) { $0 + $1 * $1 }
    sigmaRate = (effective + 2) / (d + effective + 5)
    sigmaDamping = 1 + 2 * max(0, ((effective - 1) / (d + 1)).squareRoot() - 1) + sigmaRate
    pathRate = (4 + effective / d) / (d + 4 + 2 * effective / d)
    let rankOne = 2 / ((d + 1.3) * (d + 1.3) + effective)
    rankMu = min(1 - rankOne, 2 * (effective - 2 + 1 / effective) / ((d + 2) * (d + 2) + effective))
    expectedNorm = d.squareRoot() * (1 - 1 / (4 * d) + 1 / (21 * d * d))
    (self.n, self.bounds, self.random, self.population) = (n, bounds, random, population)
    (self.weights, self.effective, self.rankOne) = (weights, effective, rankOne)
    (mean, sigma) = (start, deviation)
    covariance = DoubleMatrix(diagonal: start.map { _ in 1 })
    (axes, scales) = (covariance, start.map { _ in 1 })
    (sigmaPath, covariancePath) = (start.map { _ in 0 }, start.map { _ in 0 })
  }

  /// The start, then what the method makes of the values so far.
  public mutating func next() -> [Double]? {
    if isFirst {
      pending = mean
      return mean
    }
    let z = (0..<n).map { scales[$0] * random.normal() }
    let point = zip(mean, times(axes, z)).map { mean, step in
      let x = mean + sigma * step
      return bounds.map { min(max(x, $0.lowerBound), $0.upperBound) } ?? x
    }
    pending = point
    return point
  }

  /// Learns the value of the last point.
  public mutating func tell(_ value: Double) {
    guard let point = pending else { return }
    pending = nil
    if isFirst {
      isFirst = false
      return
    }
    asked.append((point, value))
    guard asked.count == population else { return }
    // Of points that are all refused none is better than another.
    if asked.contains(where: { $0.value < .infinity }) { update() } else { asked = [] }
  }

  private mutating func update() {
    generation += 1
    // Of equal values the earlier counts as smaller.
    let ranked = asked.enumerated().sorted { ($0.element.value, $0.offset) < ($1.element.value, $1.offset) }
      .prefix(weights.count).map(\.element.point)
    asked = []
    let steps = ranked.map { point in zip(point, mean).map { ($0 - $1) / sigma } }
    let step = (0..<n).map { i in zip(weights, steps).reduce(0) { $0 + $1.0 * $1.1[i] } }
    mean = zip(mean, step).map { $0 + sigma * $1 }

    let along = transposedTimes(axes, step)
    let whitened = times(axes, zip(along, scales).map { $0 / $1 })
    let sigmaFactor = (sigmaRate * (2 - sigmaRate) * effective).squareRoot()
    sigmaPath = zip(sigmaPath, whitened).map { (1 - sigmaRate) * $0 + sigmaFactor * $1 }
    let norm = sigmaPath.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let decay = 1 - pow(1 - sigmaRate, 2 * Double(generation))
    let isSteady = norm / decay.squareRoot() < (1.4 + 2 / (Double(n) + 1)) * expectedNorm
    let pathFactor = isSteady ? (pathRate * (2 - pathRate) * effective).squareRoot() : 0
    covariancePath = zip(covariancePath, step).map { (1 - pathRate) * $0 + pathFactor * $1 }
    adapt(steps, lost: isSteady ? 0 : pathRate * (2 - pathRate))
    sigma *= exp(min(1, sigmaRate / sigmaDamping * (norm / expectedNorm - 1)))
  }

  /// C ← (1 − c₁ − c_μ)·C + c₁·(p·pᵀ + lost·C) + c_μ·Σ w·y·yᵀ, and its axes.
  private mutating func adapt(_ steps: [[Double]], lost: Double) {
    for i in 0..<n {
      for j in 0...i {
        let one = covariancePath[i] * covariancePath[j] + lost * covariance[i, j]
        let many = zip(weights, steps).reduce(0) { $0 + $1.0 * $1.1[i] * $1.1[j] }
        let value = (1 - rankOne - rankMu) * covariance[i, j] + rankOne * one + rankMu * many
        covariance[i, j] = value
        covariance[j, i] = value
      }
    }
    guard let (values, vectors) = try? covariance.largestEigenvalues(n), (values.first ?? 0) > 0 else {
      covariance = DoubleMatrix(diagonal: mean.map { _ in 1 })
      (axes, scales) = (covariance, mean.map { _ in 1 })
      return
    }
    (axes, scales) = (vectors, values.map { max($0, values[0] * 1e-14).squareRoot() })
  }

  private func times(_ matrix: DoubleMatrix, _ x: [Double]) -> [Double] {
    (0..<n).map { i in (0..<n).reduce(0) { $0 + matrix[i, $1] * x[$1] } }
  }

  private func transposedTimes(_ matrix: DoubleMatrix, _ x: [Double]) -> [Double] {
    (0..<n).map { j in (0..<n).reduce(0) { $0 + matrix[$1, j] * x[$1] } }
  }
}
