internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// TSV-Merge: the singular vectors of all tasks are made orthogonal to each other before they are summed.
  ///
  /// Source: Gargiulo et al. 2024, arXiv:2412.00081.
  static let tsvM = MergeMethod(
    name: "tsv_m",
    summary: "sum of the changes after their singular vectors are made orthogonal across tasks",
    paper: "2412.00081",
    notes: MergeNotes(
      formula: "α·polar([U_1 … U_T])·diag(w_1·Σ_1 … w_T·Σ_T)·polar([V_1 … V_T])ᵀ, ΔW_t = U_t·Σ_t·V_tᵀ",
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "scale 0…3 in 31 steps",
      differences: """
        the published code keeps min(out, in) ÷ T directions of every task; of a LoRA change of lower rank \
        these would be arbitrary vectors of its null space, so a task keeps at most its rank here
        """),
    parameters: [
      .scale(1, in: 0...100, "factor α on the merged change")
    ],
    neutral: ["scale": .number(1)]
  ) { TSVM(scale: $0.number("scale")) }
}

/// ΔW_t = U_t·Σ_t·V_tᵀ; with U = [U_1 … U_T], V likewise: α·polar(U)·diag(w_1·Σ_1 … w_T·Σ_T)·polar(V)ᵀ.
///
/// The published code keeps min(out, in) ÷ T directions of every task; of a LoRA change of lower rank these would be
/// arbitrary vectors of its null space, so a task keeps at most its rank here. All in the common core space.
/// Cost: O((out + in)·R² + R³), R = Σ r_t.
struct TSVM: CoreRule {
  let scale: Double

  func merge(_ site: CoreSite) throws -> SingularValues {
    let tasks = try site.cores.map { try $0.nonzeroSingularValues() }
    let rank = tasks.reduce(0) { $0 + $1.values.count }
    let share = rank <= site.smallerSide ? site.smallerSide : max(1, site.smallerSide / site.models)
    let kept = tasks.map { $0.prefix(share) }
    let u = try DoubleMatrix.besideEachOther(kept.map(\.u)).polarFactor()
    let v = try DoubleMatrix.belowEachOther(kept.map(\.vt)).transposed.polarFactor()
    let sigma = zip(kept, site.weights).flatMap { task, weight in task.values.map { $0 * weight * scale } }
    return try DoubleMatrix.product(u.scalingColumns(by: sigma), v, transposeB: true).nonzeroSingularValues()
  }
}
