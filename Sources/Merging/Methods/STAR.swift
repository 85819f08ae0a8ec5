internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// STAR: every change cut to its largest singular values and scaled to its old nuclear norm, then averaged.
  ///
  /// Source: Lee et al. 2025, arXiv:2502.10339; the rule for one matrix is that of the authors' code, where η is
  /// in percent.
  static let star = MergeMethod(
    name: "star",
    summary: "average of the changes, each cut to its largest singular values and scaled to its nuclear norm",
    paper: "2502.10339",
    notes: MergeNotes(
      formula: "Σ w_t·(Σσ ÷ Σ_{i≤k} σ_i)·SVD_k(ΔW_t) ÷ Σ w_t, k the least with Σ_{i≤k} σ_i ≥ η·Σσ",
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "eta 0.1…0.9",
      differences: "a weight counts in the average"),
    parameters: [
      ParameterSpec(
        "eta", .number(0.0001...1), default: .number(0.4),
        "share of the sum of its singular values that a change keeps, at least")
    ],
    neutral: ["eta": .number(1)],
    requirements: average
  ) { STAR(eta: $0.number("eta")) }
}

/// Σ w_t·(Σσ ÷ Σ_{i≤k} σ_i)·SVD_k(ΔW_t) ÷ Σ w_t, k the least with Σ_{i≤k} σ_i ≥ η·Σσ, σ those of ΔW_t.
///
/// In the core space. Cost: O((out + in)·R² + T·R³).
private struct STAR: CoreRule {
  let eta: Double

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let core = CoreSite(deltas, try normalized(weights))
    return Merged(.core(core.space, try merge(core)))
  }

  func merge(_ site: CoreSite) throws -> SingularValues {
    var sum = site.space.weightedSum(site.weights.map { _ in 0 })
    for (core, weight) in zip(site.cores, site.weights) {
      let svd = try core.nonzeroSingularValues()
      let nuclear = svd.values.reduce(0, +)
      let kept = svd.prefix(Spectrum.count(reaching: eta, of: svd.values))
      let left = kept.values.reduce(0, +)
      if left > 0 { sum = sum + kept.matrix.scaled(by: weight * nuclear / left) }
    }
    return try sum.nonzeroSingularValues()
  }
}
