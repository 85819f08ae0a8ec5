internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Model Stock: the less the models agree, the nearer the result to the base.
  ///
  /// Changes at right angles, as those of unlike tasks often are, merge to almost nothing. Source: Jang et al.
  /// 2024, arXiv:2403.19522, for models of one task. With `filter_wise`, t of a row goes into the rows of B. One
  /// model comes back as it is.
  static let modelStock = MergeMethod(
    name: "model_stock", summary: "average of the changes, shortened by how little they agree",
    paper: "2403.19522",
    notes: MergeNotes(
      formula: "t·Σ w_i·ΔW_i ÷ Σ w_i, t = N·c ÷ (1 + (N − 1)·c), c the mean cosine of all pairs",
      cost: "coefficients from inner products, then in factors, exact; O((out + in)·R²), R = Σ r_t",
      differences: """
        paper and mergekit have no weights: here they weigh the average and do not touch c. mergekit \
        divides by norms of at least 1e-6, which shrinks the cosines of very small changes: not so here. t \
        is mergekit's, negative for opposed changes and 0 at the pole; clamp keeps it in 0…1. FusionBench \
        averages angles.
        """),
    parameters: [
      ParameterSpec(
        "filter_wise", .flag, default: .flag(false), "agreement per output row instead of per matrix"),
      ParameterSpec(
        "clamp", .flag, default: .flag(false),
        "keeps the factor on the average in 0…1: opposed changes give the base, not its reverse"),
    ],
    requirements: average
  ) { ModelStock(perRow: $0.flag("filter_wise"), clamps: $0.flag("clamp")) }
}

struct ModelStock: GramRule {
  let perRow: Bool
  let clamps: Bool

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    guard perRow else { return try mergeByGram(deltas, weights, at: site) }
    let rows = try Gram.ofRows(deltas).map { try coefficients($0, weights, at: site) }
    return Merged(.lowRank(weightedSum(deltas, rowwise: rows)))
  }

  func coefficients(_ gram: Gram, _ weights: [Double], at site: String) throws -> [Double] {
    let t = ratio(gram)
    return try normalized(weights).map { $0 * t }
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
