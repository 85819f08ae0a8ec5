internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Weighted average: Σ w_t·ΔW_t ÷ Σ w_t.
  ///
  /// Source: Wortsman et al. 2022, arXiv:2203.05482.
  /// Models without a site count there as zero: the sum of all weights divides. mergekit's `linear` averages whole
  /// weights, which for weights that sum to one is the same.
  static let linear = MergeMethod(
    name: "linear", summary: "weighted average of the changes; the weights are normalised to sum to one",
    paper: "2203.05482"
  ) { _ in Linear() }
}

private struct Linear: Merging {
  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let total = weights.reduce(0, +)
    guard abs(total) > 1e-12 * weights.reduce(0, { $0 + abs($1) }) else {
      throw Diagnostic(
        "the weights of the merge sum to zero: no average",
        hint: "use task_arithmetic for differences of models")
    }
    return Merged(.lowRank(weightedSum(deltas, weights.map { $0 / total })))
  }
}
