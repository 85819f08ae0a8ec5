internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// EMR's unified change: every entry has the sign of the sum and the largest magnitude that has this sign.
  ///
  /// γ = sign Σ w_t·ΔW_t, zero counting as −; λ·γ·max |w_t·ΔW_t| over the t that agree with γ.
  /// Source: Huang et al. 2024, arXiv:2405.17461, section 3 (elect). The paper then gives each task a mask of this change
  /// and a factor, chosen at evaluation: that is `emr_masks`; here one `scale` stands for all factors.
  /// Space: row blocks of all models. Cost: one pass.
  static let emr = MergeMethod(
    name: "emr",
    summary: "sign of the sum, largest magnitude of that sign: EMR's unified change without its masks",
    paper: "2405.17461", parameters: [.scale(1)], neutral: ["scale": .number(1)]
  ) { EMR(scale: $0.number("scale")) }
}

struct EMR: Merging {
  let scale: Double

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    var sums: [Double] = []
    let merged = mergeByBlocks(deltas) { blocks, merged in
      sums = Array(repeating: 0, count: merged.count)
      for (block, weight) in zip(blocks, weights) {
        block.withSpan { span in for i in 0..<span.count { sums[i] += weight * Double(span[i]) } }
      }
      for (block, weight) in zip(blocks, weights) {
        block.withSpan { span in
          for i in 0..<span.count {
            let along = (sums[i] > 0 ? weight : -weight) * Double(span[i])
            merged[i] = max(merged[i], along)
          }
        }
      }
      for i in 0..<merged.count { merged[i] *= sums[i] > 0 ? scale : -scale }
    }
    return Merged(.dense(merged), defaultRank: try sumOfRanks(deltas))
  }
}
