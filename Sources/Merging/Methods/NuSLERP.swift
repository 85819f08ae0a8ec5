internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Spherical interpolation of two changes: of whole matrices, of their rows or of their columns.
  ///
  /// Source: mergekit `nuslerp` with a `base_model`; no paper. The lengths are not interpolated, whatever the
  /// name says, and a row of zeros counts as at right angles. Factors of rows go into B, of columns into A. One
  /// model alone comes back as it is.
  static let nuSLERP = MergeMethod(
    name: "nuslerp", summary: "two changes joined along the arc between them, their weights saying where",
    paper: nil,
    notes: MergeNotes(
      formula: """
        (sin((1 − t)θ)·x₁ + sin(tθ)·x₂) ÷ sin θ, t = w₂ ÷ (w₁ + w₂), x the matrices, rows or columns; the \
        line where sin²θ ≤ 1e-12
        """,
      cost: "coefficients from inner products, then in factors, exact; O((out + in)·R²), R = Σ r_t",
      differences: """
        as in mergekit's code, and against its documentation, nuslerp_row_wise true is one angle per \
        column. mergekit's limit on sin²θ is 1e-16, which for opposite directions lets rounding through, \
        and it divides by lengths of at least 1e-7
        """),
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

struct NuSLERP: GramRule {
  let flattens: Bool
  let goesAlongColumns: Bool

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    if flattens || deltas.count == 1 { return try mergeByGram(deltas, weights, at: site) }
    if goesAlongColumns { return Merged(.lowRank(rowwise(deltas.map { $0?.turned }, weights).turned)) }
    return Merged(.lowRank(rowwise(deltas, weights)))
  }

  private func rowwise(_ deltas: [LowRank?], _ weights: [Double]) -> LowRank {
    weightedSum(deltas, rowwise: Gram.ofRows(deltas).map { coefficients($0, weights, at: "") })
  }

  func coefficients(_ gram: Gram, _ weights: [Double], at site: String) -> [Double] {
    let cosine = gram.ofDirections.products[0, 1]
    return Arc.factors(cosine: cosine, at: Arc.position(weights, at: 0.5), straight: 1e-12)
  }
}

extension LowRank {
  /// The transpose.
  fileprivate var turned: LowRank { LowRank(b: a.transposed, a: b.transposed, scale: scale) }
}
