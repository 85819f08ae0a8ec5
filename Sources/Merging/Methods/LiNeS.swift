internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// LiNeS: (α ÷ Σ |w_t| + β·l ÷ (L − 1))·Σ w_t·ΔW_t in block l of L; outside blocks the first factor alone.
  ///
  /// Shallow blocks, which the tasks share, change less than deep ones. Source: Wang et al. 2024,
  /// arXiv:2410.17146, with its published code, whose first factor is the L1 norm of the sum over that of the
  /// merged change, divided by the number of models: for a sum with equal weights that is 1 ÷ Σ w, here the
  /// default (`alpha: 1`); for unequal weights it would differ. For one model it takes β = 1 − α. Published
  /// values of β: 0…1. The block is the first number in the path, in the code the lowest one; a stack has as
  /// many blocks as its highest site says, which for adapters that skip the last blocks `num_blocks`
  /// corrects. Exact in factors. Cost: O((out + in)·R).
  static let lines = MergeMethod(
    name: "lines", summary: "sum of the changes, scaled more the deeper the layer lies", paper: "2410.17146",
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
