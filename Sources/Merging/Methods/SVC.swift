internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Singular value calibration of a merge: directions that several models share count once, not once a model.
  ///
  /// Source: arXiv:2602.05536, algorithm 1. A model without a response in a direction counts as `alpha`. Of
  /// `iso_c`, whose equal values leave its directions open, those of the sum are taken.
  static let svc = MergeMethod(
    name: "svc", summary: "a merge with the singular values scaled down that several models feed",
    paper: "2602.05536",
    notes: MergeNotes(
      formula: "U·diag(γ_r·σ_r)·Vᵀ of a merge M, γ_r = T ÷ Σ_t max(α, ⟨u_rᵀM, u_rᵀΔW_t⟩ ÷ ‖u_rᵀΔW_t‖²)",
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "alpha 0.5…2",
      differences: "FusionBench starts from any merged model; `base_method` names the rules here"),
    parameters: [
      .choice(
        "base_method", default: CalibratedRule.taskArithmetic, "the rule whose result is calibrated"),
      ParameterSpec(
        "alpha", .number(0.0001...100), default: .number(1),
        "least factor by which a direction counts as amplified; below 1 weakened directions are raised"),
      .scale(1, in: 0...100, "factor of the rule that is calibrated"),
    ],
    neutral: ["base_method": .text("task_arithmetic"), "alpha": .number(1), "scale": .number(1)]
  ) { parameters in
    let scale = parameters.number("scale")
    let rule: any CoreRule =
      switch parameters.choice(CalibratedRule.self, "base_method") {
      case .taskArithmetic: IsoC(scale: scale, isotropy: 0)
      case .tsvM: TSVM(scale: scale)
      case .isoC: IsoC(scale: scale, isotropy: 1)
      }
    return SVC(rule: rule, alpha: parameters.number("alpha"))
  }
}

/// The rules whose results can be calibrated.
private enum CalibratedRule: String, CaseIterable {
  case taskArithmetic = "task_arithmetic"
  case tsvM = "tsv_m"
  case isoC = "iso_c"
}

/// The rule's result in the core space, then `Calibration`.
///
/// Cost: O((out + in)·R² + T·R³).
private struct SVC: CoreRule {
  let rule: any CoreRule
  let alpha: Double

  func merge(_ site: CoreSite) throws -> SingularValues {
    let merged = try rule.merge(site)
    let values = Calibration.calibrated(merged, by: site.cores, models: site.models, alpha: alpha)
    return try merged.replacing(values).matrix.nonzeroSingularValues()
  }
}
