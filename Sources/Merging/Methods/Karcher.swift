internal import Basics
internal import Foundation
internal import LinearAlgebra

extension MergeMethod {
  /// Karcher mean: the point of the unit sphere nearest to all directions, at the mean length of the changes.
  ///
  /// Source: mergekit `karcher`, which names arXiv:2603.04972. A direction opposite to m has no shortest arc and
  /// is left out of a step; directions that cancel out start from the first, where the order of the models does
  /// matter. m is kept as coefficients of the u_t, all angles come from the Gram matrix.
  static let karcher = MergeMethod(
    name: "karcher", summary: "Riemannian mean of the changes' directions at their mean length",
    paper: "2603.04972",
    notes: MergeNotes(
      formula: """
        m·Σ α_t·‖ΔW_t‖, α = w ÷ Σ w; from m = Σ α_t·u_t ÷ ‖·‖ on: g = Σ α_t·θ_t ÷ sin θ_t·(u_t − cos \
        θ_t·m), m ← cos ‖g‖·m + sin ‖g‖·g ÷ ‖g‖ until ‖g‖ < tol
        """,
      cost: """
        coefficients from inner products, then in factors, exact; O((out + in)·R²), R = Σ r_t, and \
        max_iter·T²
        """,
      differences: """
        mergekit takes whole weights and ignores `weight`; this one takes changes and weighs them. \
        mergekit gives no direction to changes shorter than tol; here every change but zero has one
        """),
    parameters: [
      ParameterSpec("max_iter", .integer(1...10_000), default: .number(10), "the most steps"),
      ParameterSpec(
        "tol", .number(0...1), default: .number(1e-5), "the length of a step at which to stop"),
    ],
    requirements: average
  ) { Karcher(steps: $0.integer("max_iter"), tolerance: $0.number("tol")) }
}

struct Karcher: GramRule {
  let steps: Int
  let tolerance: Double
  /// The rounding of a length from a Gram matrix.
  private static let rounding = 1e-7

  func coefficients(_ gram: Gram, _ weights: [Double], at site: String) throws -> [Double] {
    let shares = try normalized(weights)
    let norms = gram.norms
    let directed = norms.indices.filter { norms[$0] > 0 }
    var alphas = norms.map { _ in 0.0 }
    for (model, share) in zip(directed, try directed.isEmpty ? [] : normalized(directed.map { shares[$0] })) {
      alphas[model] = share
    }
    let mean = mean(gram.ofDirections, alphas)
    let length = zip(shares, norms).reduce(0) { $0 + $1.0 * $1.1 }
    return zip(mean, norms).map { $1 > 0 ? length * $0 / $1 : 0 }
  }

  /// m as coefficients of the directions.
  private func mean(_ gram: Gram, _ alphas: [Double]) -> [Double] {
    var mean = alphas
    if gram.norm(mean) < max(tolerance, Self.rounding) {
      mean = alphas.map { _ in 0 }
      if let first = alphas.firstIndex(where: { $0 != 0 }) { mean[first] = 1 }
    }
    mean = mean.map { $0 / max(gram.norm(mean), .leastNormalMagnitude) }
    for _ in 0..<steps {
      let step = step(gram, alphas, from: mean)
      let length = gram.norm(step)
      if length < max(tolerance, Self.rounding) { break }
      mean = zip(mean, step).map { cos(length) * $0 + sin(length) / length * $1 }
      let norm = gram.norm(mean)
      mean = mean.map { $0 / norm }
    }
    return mean
  }

  /// g as coefficients of the directions.
  private func step(_ gram: Gram, _ alphas: [Double], from mean: [Double]) -> [Double] {
    var step = alphas.map { _ in 0.0 }
    var back = 0.0
    for (model, dot) in gram.dots(mean).enumerated() where alphas[model] != 0 {
      let cosine = min(1, max(-1, dot))
      let angle = acos(cosine)
      if angle < tolerance || sin(angle) < Self.rounding { continue }
      let factor = alphas[model] * angle / sin(angle)
      step[model] = factor
      back += factor * cosine
    }
    return zip(step, mean).map { $0 - back * $1 }
  }
}
