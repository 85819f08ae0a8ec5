internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// KnOTS with the linear rule: the sum of the changes.
  ///
  /// Source: Stoica et al. 2024, arXiv:2410.19735. U·Σ w_t·(Uᵀ·ΔW_t) is the sum again, since the changes lie in
  /// the span of U: `task_arithmetic` under the name and with the scale of the paper's tables.
  static let knotsLinear = MergeMethod(
    name: "knots_linear",
    summary: "sum in the singular basis that the changes share; equals task_arithmetic of the same scale",
    paper: "2410.19735",
    notes: MergeNotes(
      formula: "λ·Σ w_t·ΔW_t",
      cost: "in factors, exact; O((out + in)·R²), R = Σ r_t",
      sweep: "scale 0.1…1",
      differences: "as knots_ties"),
    parameters: [
      .scale(1)
    ],
    neutral: ["scale": .number(1)]
  ) { KnOTSLinear(scale: $0.number("scale")) }
}

private struct KnOTSLinear: Merging {
  let scale: Double

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    Merged(.lowRank(weightedSum(deltas, weights.map { $0 * scale })))
  }
}
