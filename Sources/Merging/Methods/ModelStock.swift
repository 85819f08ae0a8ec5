internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Model Stock: t·Σ w_i·ΔW_i ÷ Σ w_i with t = N·c ÷ (1 + (N − 1)·c), c the mean cosine of all pairs of
  /// changes.
  ///
  /// The less N models agree, the nearer the result to the base: changes at right angles, as those of unlike
  /// tasks often are, merge to almost nothing. Source: Jang et al. 2024, arXiv:2403.19522, for
  /// models of one task. Paper and mergekit have no weights (all one): here they weigh the average, and do
  /// not touch c. t is that of mergekit, negative for opposed changes, without bound near c = −1 ÷ (N − 1)
  /// and 0 there; `clamp` keeps it in 0…1. mergekit divides by norms of at least 1e-6, which makes cosines of
  /// very small changes too small: not so here. FusionBench averages angles, not cosines. One model comes
  /// back as it is. Space: Gram; t of a row goes into the rows of B. Cost: O((out + in)·R²), R = Σr.
  static let modelStock = MergeMethod(
    name: "model_stock", summary: "average of the changes, shortened by how little they agree",
    paper: "2403.19522",
    parameters: [
      ParameterSpec(
        "filter_wise", .flag, default: .flag(false), "agreement per output row instead of per matrix"),
      ParameterSpec(
        "clamp", .flag, default: .flag(false),
        "keeps the factor on the average in 0…1: opposed changes give the base, not its reverse"),
    ]
  ) { ModelStock(perRow: $0.flag("filter_wise"), clamps: $0.flag("clamp")) }
}

struct ModelStock: Merging {
  let perRow: Bool
  let clamps: Bool

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let weights = try normalized(weights)
    if perRow {
      let factors = Gram.ofRows(deltas).map { ratio($0) }
      return Merged(.lowRank(weightedSum(deltas, rowwise: factors.map { t in weights.map { $0 * t } })))
    }
    let t = ratio(Gram(of: deltas))
    return Merged(.lowRank(weightedSum(deltas, weights.map { $0 * t })))
  }

  /// The factor t on the average.
  func ratio(_ gram: Gram) -> Double {
    let count = gram.products.rows
    guard count > 1 else { return 1 }
    let cosines = gram.ofDirections.products
    let pairs = (0..<count).flatMap { i in (0..<i).map { cosines[i, $0] } }
    let mean = pairs.reduce(0, +) / Double(pairs.count)
    let below = 1 + Double(count - 1) * mean
    let t = abs(below) < 1e-6 ? 0 : Double(count) * mean / below
    return clamps ? min(1, max(0, t)) : t
  }
}
