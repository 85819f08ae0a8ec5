internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Iso-C: the sum of the changes with all singular values set to their mean.
  ///
  /// Source: Marczak et al. 2025, arXiv:2502.04959, section 4.1. A cut to a rank keeps the directions that were
  /// the largest before.
  static let isoC = MergeMethod(
    name: "iso_c", summary: "sum of the changes with its singular values made equal", paper: "2502.04959",
    notes: MergeNotes(
      formula: "α·U·diag((1 − γ)·σ + γ·mean(σ))·Vᵀ of Σ w_t·ΔW_t = U·diag(σ)·Vᵀ",
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "scale 0…3 in 31 steps; of LoRA changes 0.1…10",
      differences: """
        the published code takes the mean over min(out, in) values; of a sum of rank k that is min(out, \
        in) ÷ k times smaller, which scale takes up. isotropy below 1 is ours
        """),
    parameters: [
      .scale(1, in: 0...100, "factor α on the merged change"),
      ParameterSpec(
        "isotropy", .number(0...1), default: .number(1),
        "how far the singular values go to their mean; 1 is the paper's rule, 0 leaves the sum"),
    ],
    neutral: ["scale": .number(1), "isotropy": .number(0)]
  ) { IsoC(scale: $0.number("scale"), isotropy: $0.number("isotropy")) }
}

/// Σ w_t·ΔW_t = U·Σ·Vᵀ; α·U·diag((1 − γ)·σ + γ·mean(σ))·Vᵀ, in the core space.
///
/// A cut to a rank keeps the directions that were the largest before. Cost: O((out + in)·R² + R³).
struct IsoC: CoreRule {
  let scale: Double
  let isotropy: Double

  func merge(_ site: CoreSite) throws -> SingularValues {
    let svd = try site.sum.nonzeroSingularValues()
    return svd.replacing(Isotropic.flattened(svd.values, isotropy: isotropy).map { $0 * scale })
  }
}
