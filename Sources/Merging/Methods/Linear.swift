internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Weighted average.
  ///
  /// Source: Wortsman et al. 2022, arXiv:2203.05482. Models without a site count there as zero: the sum of all
  /// weights divides.
  static let linear = MergeMethod(
    name: "linear", summary: "weighted average of the changes; the weights are normalised to sum to one",
    paper: "2203.05482",
    notes: MergeNotes(
      formula: "Σ w_t·ΔW_t ÷ Σ w_t",
      cost: "in factors, exact; O((out + in)·R²), R = Σ r_t",
      differences: """
        mergekit averages whole weights: the same where the weights sum to one, else it scales the base \
        too. PEFT's linear sums A and B separately, which mixes their products: linear@peft. Greedy soups \
        are a search over the weights.
        """),
    requirements: average
  ) { _ in Linear() }
}

private struct Linear: Merging {
  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    Merged(.lowRank(weightedSum(deltas, try normalized(weights))))
  }
}
