internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Spherical interpolation of two changes at t = w₂ ÷ (w₁ + w₂): of whole matrices, of their rows or their
  /// columns.
  ///
  /// (sin((1 − t)θ)·x₁ + sin(tθ)·x₂) ÷ sin θ; the line where sin²θ ≤ 1e-12. The lengths of x₁ and x₂ are not
  /// interpolated, whatever the name says, and a row of zeros counts as at right angles. Source: mergekit
  /// `nuslerp` with a `base_model`; no paper. As in mergekit's code, and against its documentation,
  /// `nuslerp_row_wise: true` goes along the columns of the matrix (one angle per input) and false along its
  /// rows (one per output). mergekit's limit on sin²θ is 1e-16, which for opposite directions lets rounding
  /// through, and it divides by lengths of at least 1e-7. One model alone comes back as it is. Space: Gram;
  /// factors of rows go into B, of columns into A. Cost: O((out + in)·R²), R = r₁ + r₂.
  static let nuSLERP = MergeMethod(
    name: "nuslerp", summary: "two changes joined along the arc between them, their weights saying where",
    paper: nil,
    parameters: [
      ParameterSpec(
        "nuslerp_flatten", .flag, default: .flag(true), "one angle for the whole matrix"),
      ParameterSpec(
        "nuslerp_row_wise", .flag, default: .flag(false),
        "where not flattened: true is one angle per column (input), false one per row (output)"),
    ],
    models: 1...2
  ) { NuSLERP(flattens: $0.flag("nuslerp_flatten"), goesAlongColumns: $0.flag("nuslerp_row_wise")) }
}

struct NuSLERP: Merging {
  let flattens: Bool
  let goesAlongColumns: Bool

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    guard deltas.count == 2 else { return Merged(.lowRank(weightedSum(deltas, [1]))) }
    let t = Arc.position(weights, at: 0.5)
    if flattens { return Merged(.lowRank(weightedSum(deltas, factors(Gram(of: deltas), t)))) }
    if goesAlongColumns { return Merged(.lowRank(rowwise(deltas.map { $0?.turned }, t).turned)) }
    return Merged(.lowRank(rowwise(deltas, t)))
  }

  private func rowwise(_ deltas: [LowRank?], _ t: Double) -> LowRank {
    weightedSum(deltas, rowwise: Gram.ofRows(deltas).map { factors($0, t) })
  }

  /// The factors of the two at t.
  func factors(_ gram: Gram, _ t: Double) -> [Double] {
    Arc.factors(cosine: gram.ofDirections.products[0, 1], at: t, straight: 1e-12)
  }
}

extension LowRank {
  /// The transpose.
  fileprivate var turned: LowRank { LowRank(b: a.transposed, a: b.transposed, scale: scale) }
}
