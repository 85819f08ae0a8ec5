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
    Merged(.lowRank(weightedSum(deltas, try normalized(weights))))
  }
}
