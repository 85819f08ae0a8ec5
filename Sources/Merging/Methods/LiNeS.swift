internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// LiNeS: shallow blocks, which the tasks share, change less than deep ones.
  ///
  /// Source: Wang et al. 2024, arXiv:2410.17146, with its published code. The block is the first number in the
  /// path; a stack has as many blocks as its highest site says, which for adapters that skip the last blocks
  /// `num_blocks` corrects. Over any other method: its parameter `depth_gain`.
  static let lines = MergeMethod(
    name: "lines", summary: "sum of the changes, scaled more the deeper the layer lies", paper: "2410.17146",
    notes: MergeNotes(
      formula: """
        (α ÷ Σ |w_t| + β·l ÷ (L − 1))·Σ w_t·ΔW_t in block l of L; outside blocks the first factor alone
        """,
      cost: "in factors, exact; O((out + in)·R²), R = Σ r_t",
      sweep: "beta 0…1 in steps of 0.05; for one model beta = 1 − alpha",
      differences: """
        the code's first factor is ‖Σ τ‖₁ ÷ ‖τ_merged‖₁ ÷ T: for a sum with equal weights that of alpha 1, \
        for unequal ones another; its block is the lowest number in the path
        """),
    parameters: [
      ParameterSpec(
        "alpha", .number(0...100), default: .number(1),
        "factor in the first block, in units of one over the sum of the weights"),
      ParameterSpec(
        "beta", .number(-100...100), default: .number(0.5),
        "what the last block's factor has more than the first's"),
      ParameterSpec(
        "num_blocks", .integer(0...10_000), default: .number(0),
        "how many blocks the model has; 0: as many as the adapters' layers show"),
    ],
    neutral: ["alpha": .number(1), "beta": .number(0)]
  ) { LiNeS(alpha: $0.number("alpha"), beta: $0.number("beta"), blocks: $0.integer("num_blocks")) }
}

private struct LiNeS: Merging {
  let alpha: Double
  let beta: Double
  let blocks: Int
  var layers = LayerDepth()

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?]) throws {
    layers = LayerDepth(sites: sites, blocks: blocks)
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let first = alpha / weights.reduce(0) { $0 + abs($1) }
    let factor = first + beta * (layers.depth(of: site) ?? 0)
    return Merged(.lowRank(weightedSum(deltas, weights.map { $0 * factor })))
  }
}
