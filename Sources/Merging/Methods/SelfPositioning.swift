internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// The position of Self Positioning: an arc to the second model, from there one to the third, and so on.
  ///
  /// Source: arXiv:2410.15035, the formula of the merged change alone. What the paper calls the method is the search for
  /// the a_t and λ on a probe set, by descent on a contrastive loss and a penalty on λ: here they are the weights and the
  /// scale, to be chosen on validation. The weights are meant to be positive.
  static let selfPositioning = MergeMethod(
    name: "self_positioning",
    summary: "models joined along arcs one after the other; weights and scale are given, not learned",
    paper: "2410.15035",
    notes: MergeNotes(
      formula: """
        λ·V_T; V_1 = ΔW_1, V_n = slerp of V_{n−1} and ΔW_n at w_n ÷ (mean(w_1 … w_{n−1}) + w_n), the line where \
        |cos θ| > 0.9995
        """,
      cost: "coefficients from inner products, then in factors, exact; O((out + in)·R²), R = Σ r_t",
      sweep: "weights and scale 0.1…1.5, on validation",
      differences: "the paper learns w and λ; its code is not public, so that the arc is that of slerp here"),
    parameters: [.scale(1)], neutral: ["scale": .number(1)], symmetric: false
  ) { SelfPositioning(scale: $0.number("scale")) }
}

private struct SelfPositioning: GramRule {
  let scale: Double

  var ofOne: Double { scale }

  func coefficients(_ gram: Gram, _ weights: [Double], at site: String) -> [Double] {
    var c = weights.map { _ in 0.0 }
    c[0] = 1
    var sum = weights[0]
    for n in 1..<weights.count {
      let norms = gram.norm(c) * gram.norms[n]
      let cosine = norms > 0 ? min(1, max(-1, gram.dots(c)[n] / norms)) : 0
      let place = Arc.position([sum / Double(n), weights[n]], at: 0.5)
      let factors = Arc.factors(cosine: cosine, at: place, straight: Arc.mergekitStraight)
      c = c.map { $0 * factors[0] }
      c[n] += factors[1]
      sum += weights[n]
    }
    return c.map { $0 * scale }
  }
}
