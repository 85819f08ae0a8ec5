internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// The least-squares solution of WUDI's problem; not WUDI-Merging itself, which is `wudi`.
  ///
  /// Source of the problem: Cheng et al. 2025, arXiv:2503.08099, equation of the interference loss. Where the
  /// rows of the models are independent the loss reaches zero: every model acts as itself on what its A sees, by
  /// a system that is badly conditioned where these overlap. With K_t = ΔW_t ÷ ‖ΔW_t‖, K = [K_1; …; K_T] =
  /// U·S·Vᵀ and G = [w_1·ΔW_1·K_1ᵀ …]: λ·G·U·diag(S ÷ (S² + ρ))·Vᵀ, ρ = ridge·S_1².
  static let wudiClosedForm = MergeMethod(
    name: "wudi_closed_form",
    summary: "the change that acts most like each model's on that model's own input directions",
    paper: "2503.08099",
    notes: MergeNotes(
      formula: "λ·argmin_X Σ ‖(X − w_t·ΔW_t)·ΔW_tᵀ‖² ÷ ‖ΔW_t‖² + ρ·‖X‖²",
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "ridge 0.0001…0.1",
      differences: """
        the method descends to it by 300 small steps of Adam and is still far from it when it stops; ridge \
        and weights are ours
        """),
    parameters: [
      ParameterSpec(
        "ridge", .number(0...1), default: .number(0.001),
        "share of the largest eigenvalue that is added to all, against overlapping models; 0: the bare solution"
      ),
      .scale(1, in: 0...100, "factor on the merged change"),
    ],
    neutral: ["ridge": .number(0), "scale": .number(1)]
  ) { WUDIClosedForm(ridge: $0.number("ridge"), scale: $0.number("scale")) }
}

/// min_X Σ ‖(X − w_t·ΔW_t)·ΔW_tᵀ‖² ÷ ‖ΔW_t‖² + ρ·‖X‖²; with K_t = ΔW_t ÷ ‖ΔW_t‖, K = [K_1; …; K_T] = U·S·Vᵀ and
/// G = [w_1·ΔW_1·K_1ᵀ … w_T·ΔW_T·K_Tᵀ]: λ·G·U·diag(S ÷ (S² + ρ))·Vᵀ, ρ = ridge·S_1².
///
/// In the core space, by the SVD of K instead of the normal equations KᵀK. Cost: O((out + in)·R² + T·R³).
private struct WUDIClosedForm: CoreRule {
  let ridge: Double
  let scale: Double

  func merge(_ site: CoreSite) throws -> SingularValues {
    let models = zip(site.cores, site.weights).filter { $0.0.norm > 0 }
    guard !models.isEmpty else { return try site.sum.nonzeroSingularValues() }
    let units = models.map { $0.0.scaled(by: 1 / $0.0.norm) }
    let svd = try DoubleMatrix.belowEachOther(units).nonzeroSingularValues()
    let targets = zip(models, units).map { model, unit in
      DoubleMatrix.product(model.0, unit, transposeB: true).scaled(by: model.1 * scale)
    }
    let rho = ridge * svd.values[0] * svd.values[0]
    let inverse = svd.values.map { $0 / ($0 * $0 + rho) }
    let merged = (DoubleMatrix.besideEachOther(targets) * svd.u).scalingColumns(by: inverse) * svd.vt
    return try merged.nonzeroSingularValues()
  }
}
