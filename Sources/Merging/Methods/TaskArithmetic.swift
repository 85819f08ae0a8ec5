internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Task arithmetic: λ·Σ w_t·ΔW_t; a negative weight takes a task away.
  ///
  /// Source: Ilharco et al. 2022, arXiv:2212.04089.
  /// A negative weight negates ΔW as a whole, never both of its factors.
  static let taskArithmetic = MergeMethod(
    name: "task_arithmetic", summary: "scaled sum of the changes; negative weights take a task away",
    paper: "2212.04089",
    parameters: [
      .scale(0.3, "factor λ on the sum of the weighted changes")
    ],
    neutral: ["scale": .number(1)]
  ) { TaskArithmetic(scale: $0.number("scale")) }
}

private struct TaskArithmetic: Merging {
  let scale: Double

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    Merged(.lowRank(weightedSum(deltas, weights.map { $0 * scale })))
  }
}
