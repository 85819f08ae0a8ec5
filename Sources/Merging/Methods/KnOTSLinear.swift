internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// KnOTS with the linear rule: λ·Σ w_t·ΔW_t.
  ///
  /// Source: Stoica et al. 2024, arXiv:2410.19735. U·Σ w_t·(Uᵀ·ΔW_t) is the sum of the changes again, since they lie in
  /// the span of U: the same as `task_arithmetic`, here under the name and with the scale of the paper's tables.
  static let knotsLinear = MergeMethod(
    name: "knots_linear",
    summary: "sum in the singular basis that the changes share; equals task_arithmetic",
    paper: "2410.19735",
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
