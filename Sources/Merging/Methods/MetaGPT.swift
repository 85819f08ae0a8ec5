internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// MetaGPT: the coefficients that minimise the mean loss where models are linear and their changes orthogonal.
  ///
  /// They sum to one: an average in which the model that moved most has the most to say, whatever its task.
  /// Source: Zhou et al. 2024, arXiv:2406.11385. Changes that are all zero stay zero.
  static let metaGPT = MergeMethod(
    name: "metagpt",
    summary: "sum of the changes, each in proportion to its own squared length; no parameter to tune",
    paper: "2406.11385",
    notes: MergeNotes(
      formula: "Σ w_t·λ_t·ΔW_t, λ_t = ‖τ_t‖² ÷ Σ_k ‖τ_k‖², norms over the whole model",
      cost: "coefficients from inner products, then in factors, exact; O((out + in)·R²), R = Σ r_t",
      differences: """
        the paper has no weights (all one); norm_scope tensor, norms of each matrix, is not the paper's
        """),
    parameters: [
      .choice(
        "norm_scope", default: NormScope.model,
        "whether a length is that of the whole model, as in the paper, or of each matrix")
    ]
  ) { MetaGPT(measuresWholeModel: $0.choice(NormScope.self, "norm_scope") == .model) }
}

/// Of what a length is taken.
private enum NormScope: String, CaseIterable { case model, tensor }

private struct MetaGPT: Merging {
  let measuresWholeModel: Bool
  /// λ_t of whole models.
  var shares: [Double] = []

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?]) throws {
    if measuresWholeModel { shares = Self.shares(Gram(sites: sites, deltas: deltas)) }
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let shares = measuresWholeModel ? shares : Self.shares(Gram(of: deltas))
    return Merged(.lowRank(weightedSum(deltas, zip(weights, shares).map { $0 * $1 })))
  }

  private static func shares(_ gram: Gram) -> [Double] {
    let squares = gram.squaredNorms
    let total = squares.reduce(0, +)
    return squares.map { total > 0 ? $0 / total : 1 / Double(squares.count) }
  }
}
