internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Spherical interpolation of two changes.
  ///
  /// Source: Shoemake 1985; of changes: Ramé et al. 2024, arXiv:2406.16768. A change of zero counts as at right
  /// angles. One model alone comes back as it is.
  static let slerp = MergeMethod(
    name: "slerp", summary: "two changes joined along the arc between their directions", paper: "2406.16768",
    notes: MergeNotes(
      formula: """
        (sin((1 − t')θ)·ΔW₁ + sin(t'θ)·ΔW₂) ÷ sin θ, t' = w₂·t ÷ (w₁·(1 − t) + w₂·t); the line where |cos \
        θ| > 0.9995
        """,
      cost: "coefficients from inner products, then in factors, exact; O((out + in)·R²), R = Σ r_t",
      sweep: "t 0…1 in steps of 0.1",
      differences: """
        mergekit goes from the whole weights of its base_model to those of the other model; this one \
        between the changes of two adapters, otherwise with mergekit's numbers. The weights are ours.
        """),
    parameters: [
      ParameterSpec(
        "t", .number(0...1), default: .number(0.5), "the place on the arc: 0 the first model, 1 the second")
    ],
    symmetric: false, models: 1...2
  ) { SLERP(t: $0.number("t")) }
}

struct SLERP: GramRule {
  let t: Double

  func coefficients(_ gram: Gram, _ weights: [Double], at site: String) -> [Double] {
    let cosine = gram.ofDirections.products[0, 1]
    return Arc.factors(cosine: cosine, at: Arc.position(weights, at: t), straight: Arc.mergekitStraight)
  }
}
