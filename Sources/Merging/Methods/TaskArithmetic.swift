internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Task arithmetic: addition, negation (weight −1) and analogy (A is to B as C is to what: −1, 1, 1).
  ///
  /// Source: Ilharco et al. 2022, arXiv:2212.04089. A negative weight negates ΔW as a whole, never both of its
  /// factors.
  static let taskArithmetic = MergeMethod(
    name: "task_arithmetic", summary: "scaled sum of the changes; negative weights take a task away",
    paper: "2212.04089",
    notes: MergeNotes(
      formula: "λ·Σ w_t·ΔW_t; negation w = −1; the analogy A − B + C is w = 1, −1, 1",
      cost: "in factors, exact; O((out + in)·R²), R = Σ r_t",
      sweep: "scale 0.05…1 in steps of 0.05; sums of LoRA changes mostly 0.1…0.5"),
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
