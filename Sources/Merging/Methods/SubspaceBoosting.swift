internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Subspace Boosting on task arithmetic: small singular values of the sum are raised to one of the larger.
  ///
  /// Source: Skorobogat et al. 2025, arXiv:2506.16506 (the rule as in FusionBench; the authors' code was not at
  /// hand). With the default β the first value alone often reaches the share, and then all directions get σ₁.
  static let subspaceBoosting = MergeMethod(
    name: "subspace_boosting", summary: "scaled sum of the changes with its small singular values raised",
    paper: "2506.16506",
    notes: MergeNotes(
      formula: "U·diag(max(σ_i, σ_c))·Vᵀ of λ·Σ w_t·ΔW_t, c the first with Σ_{i≤c} σ_i ≥ β·Σσ",
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "beta 0.01…0.3",
      differences: """
        the published code raises the null space of a matrix too; here only the directions that are there
        """),
    parameters: [
      ParameterSpec(
        "beta", .number(0...1), default: .number(0.01),
        "share of the sum of the singular values at which the least value is taken; 1 changes nothing"),
      .scale(1, in: 0...100, "factor λ on the sum of the weighted changes"),
    ],
    neutral: ["beta": .number(1), "scale": .number(1)]
  ) { SubspaceBoosting(beta: $0.number("beta"), scale: $0.number("scale")) }
}

/// λ·Σ w_t·ΔW_t = U·Σ·Vᵀ; c the first index with Σ_{i≤c} σ_i ≥ β·Σσ; U·diag(max(σ_i, σ_c))·Vᵀ.
///
/// In the core space. A cut to a rank keeps the directions that were the largest before. Cost: O((out + in)·R² + R³).
private struct SubspaceBoosting: CoreRule {
  let beta: Double
  let scale: Double

  func merge(_ site: CoreSite) throws -> SingularValues {
    let svd = try site.sum.nonzeroSingularValues()
    guard !svd.values.isEmpty else { return svd }
    let least = svd.values[Spectrum.count(reaching: beta, of: svd.values) - 1]
    return svd.replacing(svd.values.map { max($0, least) * scale })
  }
}
