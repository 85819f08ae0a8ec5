internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Spherical interpolation of two changes: (sin((1 − t)θ)·ΔW₁ + sin(tθ)·ΔW₂) ÷ sin θ, θ the angle between
  /// them.
  ///
  /// Where |cos θ| > 0.9995, the line (1 − t)·ΔW₁ + t·ΔW₂. Source: Shoemake 1985; of changes: Ramé et al.
  /// 2024, arXiv:2406.16768. mergekit's `slerp` goes from the whole weights of its `base_model` to those of
  /// the other model; this one between the changes of two adapters, which are what differs, and otherwise
  /// with mergekit's numbers. A change of zero counts as at right angles. The weights move t to w₂·t ÷ (w₁·(1
  /// − t) + w₂·t); one model alone comes back as it is. Space: Gram. Cost: O((out + in)·R²), R = r₁ + r₂.
  static let slerp = MergeMethod(
    name: "slerp", summary: "two changes joined along the arc between their directions", paper: "2406.16768",
    parameters: [
      ParameterSpec(
        "t", .number(0...1), default: .number(0.5), "the place on the arc: 0 the first model, 1 the second")
    ],
    symmetric: false, models: 1...2
  ) { SLERP(t: $0.number("t")) }
}

struct SLERP: Merging {
  let t: Double
  /// sin²θ at mergekit's threshold for |cos θ|.
  private static let straight = 1 - 0.9995 * 0.9995

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    guard deltas.count == 2 else { return Merged(.lowRank(weightedSum(deltas, [1]))) }
    return Merged(.lowRank(weightedSum(deltas, factors(Gram(of: deltas), weights))))
  }

  /// The factors of the two by their angle.
  func factors(_ gram: Gram, _ weights: [Double]) -> [Double] {
    let place = Arc.position(weights, at: t)
    return Arc.factors(cosine: gram.ofDirections.products[0, 1], at: place, straight: Self.straight)
  }
}
