internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Iso-CTS: common directions of the sum and directions of each task alone, with equal singular values.
  ///
  /// Source: Marczak et al. 2025, arXiv:2502.04959, section 4.2. X = Σ w_t·ΔW_t has rank r; n = round((r −
  /// ⌊f·r⌋) ÷ T) own directions a task, k = r − n·T common ones U_c, σ_c, V_c.
  static let isoCTS = MergeMethod(
    name: "iso_cts",
    summary: "common directions of the sum and each task's own ones, with equal singular values",
    paper: "2502.04959",
    notes: MergeNotes(
      formula: """
        α·polar([U_1 … U_T U_c])·diag((1 − γ)·σ + γ·mean(σ))·polar([V_1 … V_T V_c])ᵀ, U_t the first n \
        directions of w_t·ΔW_t − U_c·U_cᵀ·w_t·ΔW_t
        """,
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "common_space_fraction 0.8; scale as iso_c",
      differences: """
        the published code divides min(out, in) directions; here it is the rank of the sum (the same for \
        full changes), and a task gives no more directions than it has outside the common ones
        """),
    parameters: [
      .scale(1, in: 0...100, "factor α on the merged change"),
      ParameterSpec(
        "common_space_fraction", .number(0...1), default: .number(0.8),
        "share of the directions that are those of the sum; the tasks divide the rest"),
      ParameterSpec(
        "isotropy", .number(0...1), default: .number(1),
        "how far the singular values go to their mean; 1 is the paper's rule"),
    ],
    neutral: ["scale": .number(1), "isotropy": .number(0)]
  ) {
    IsoCTS(
      scale: $0.number("scale"), common: $0.number("common_space_fraction"), isotropy: $0.number("isotropy"))
  }
}

/// X = Σ w_t·ΔW_t of rank r; n = round((r − ⌊f·r⌋) ÷ T) own directions a task, k = r − n·T common ones U_c, σ_c, V_c.
///
/// Of w_t·ΔW_t − U_c·U_cᵀ·w_t·ΔW_t the first n triples; with those and the common ones side by side,
/// α·polar(U)·diag((1 − γ)·σ + γ·mean(σ))·polar(V)ᵀ. In the core space. Cost: O((out + in)·R² + T·R³).
private struct IsoCTS: CoreRule {
  let scale: Double
  let common: Double
  let isotropy: Double

  func merge(_ site: CoreSite) throws -> SingularValues {
    let sum = try site.sum.nonzeroSingularValues()
    let rank = sum.values.count
    let rest = Double(rank - Int(Double(rank) * common)) / Double(site.models)
    // As Python rounds; where the tasks are many it must not take more than there is.
    let own = min(Int(rest.rounded(.toNearestOrEven)), rank / site.models)
    let shared = sum.prefix(rank - own * site.models)
    var parts: [SingularValues] = []
    for core in site.weighted {
      let inside = shared.u * .product(shared.u, core, transposeA: true)
      let svd = try (core - inside).singularValues()
      parts.append(svd.dropping(upTo: LowRank.negligible * core.norm).prefix(own))
    }
    parts.append(shared)
    let u = try DoubleMatrix.besideEachOther(parts.map(\.u)).polarFactor()
    let v = try DoubleMatrix.belowEachOther(parts.map(\.vt)).transposed.polarFactor()
    let sigma = Isotropic.flattened(parts.flatMap(\.values), isotropy: isotropy).map { $0 * scale }
    return try DoubleMatrix.product(u.scalingColumns(by: sigma), v, transposeB: true).nonzeroSingularValues()
  }
}
