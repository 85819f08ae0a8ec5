internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// MetaGPT: Σ w_t·λ_t·ΔW_t with λ_t = ‖τ_t‖² ÷ Σ_k ‖τ_k‖², the norms over all layers of a model.
  ///
  /// The λ that minimise the mean loss where models are linear and their changes orthogonal. They sum to one:
  /// an average in which the model that moved most has the most to say, whatever its task. Source: Zhou et
  /// al. 2024, arXiv:2406.11385. The paper has no weights (all one) and one λ per model;
  /// `norm_scope: tensor` takes the norms of each matrix instead. Changes that are all zero stay zero. Space:
  /// Gram. Cost: O((out + in)·R²), R = Σr.
  static let metaGPT = MergeMethod(
    name: "metagpt",
    summary: "sum of the changes, each in proportion to its own squared length; no parameter to tune",
    paper: "2406.11385",
    parameters: [
      ParameterSpec(
        "norm_scope", .choice(["model", "tensor"]), default: .text("model"),
        "whether a length is that of the whole model, as in the paper, or of each matrix")
    ]
  ) { MetaGPT(measuresWholeModel: $0.text("norm_scope") == "model") }
}

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
