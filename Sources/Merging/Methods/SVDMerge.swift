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

/// In the core space; the rank is the largest of the models' where none is asked for.
///
/// Cost: O((out + in)·R² + T·R³).
private struct SVDMerge: Merging {
  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let site = CoreSite(deltas, weights)
    let ranks = try site.cores.map { try $0.nonzeroSingularValues().values.count }
    return Merged(.core(site.space, try site.sum.nonzeroSingularValues()), defaultRank: ranks.max())
  }
}
