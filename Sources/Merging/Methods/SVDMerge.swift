internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// The best matrix of rank `rank` to the weighted sum (Eckart and Young 1936), through the span of the stacked factors.
  ///
  /// The rank is the largest of the models' where none is asked for.
  static let svd = MergeMethod(
    name: "svd", summary: "sum of the weighted changes, cut to the nearest matrix of a rank", paper: nil,
    notes: MergeNotes(
      formula: "λ·SVD_rank(Σ w_t·ΔW_t)",
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "rank 4…64",
      differences: """
        PEFT's svd is the same through the full matrix (svd@peft); its svd_clamp, a quantile clamp of the \
        factors, is not here. Both have no λ: there it is part of the weights
        """),
    parameters: [.scale(1, isExtra: true)], neutral: ["scale": .number(1)]
  ) { SVDMerge(scale: $0.number("scale")) }
}

/// In the core space; the rank is the largest of the models' where none is asked for.
///
/// Cost: O((out + in)·R² + T·R³).
private struct SVDMerge: Merging {
  let scale: Double

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let site = CoreSite(deltas, weights)
    let ranks = try site.cores.map { try $0.nonzeroSingularValues().values.count }
    let sum = Merged.Delta.core(site.space, try site.sum.nonzeroSingularValues())
    return Merged(sum.scaled(by: scale), defaultRank: ranks.max())
  }
}
