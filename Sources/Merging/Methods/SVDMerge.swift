internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// The best matrix of rank `rank` to Σ w_t·ΔW_t (Eckart and Young 1936), through the span of the stacked factors.
  ///
  /// PEFT's `combination_type="svd"` is the same on the full matrix, but multiplies with the adapters' scales twice.
  static let svd = MergeMethod(
    name: "svd", summary: "sum of the weighted changes, cut to the nearest matrix of a rank", paper: nil
  ) { _ in SVDMerge() }
}

private struct SVDMerge: Merging {
  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let ranks = try deltas.map { try $0?.numericalRank() ?? 0 }
    return Merged(.lowRank(weightedSum(deltas, weights)), defaultRank: ranks.max())
  }
}
