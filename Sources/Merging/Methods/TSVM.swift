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
    parameters: [
      ParameterSpec("scale", .number(0...100), default: .number(1), "factor α on the merged change")
    ],
    neutral: ["scale": .number(1)]
  ) { TSVM(scale: $0.number("scale")) }
}

/// ΔW_t = U_t·Σ_t·V_tᵀ; with U = [U_1 … U_T], V likewise: α·polar(U)·diag(w_1·Σ_1 … w_T·Σ_T)·polar(V)ᵀ.
///
/// The published code keeps min(out, in) ÷ T directions of every task; of a LoRA change of lower rank these would be
/// arbitrary vectors of its null space, so a task keeps at most its rank here. All in the common core space.
/// Cost: O((out + in)·R² + R³), R = Σ r_t.
private struct TSVM: Merging {
  let scale: Double

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let present = zip(deltas, weights).compactMap { delta, weight in delta.map { ($0, weight) } }
    let space = CoreSpace(of: present.map(\.0))
    let tasks = try space.cores.map { try $0.singularValues() }
    let ranks = tasks.map { task in task.values.prefix { $0 > LowRank.negligible * task.values[0] }.count }
    let smaller = min(present[0].0.rows, present[0].0.columns)
    let share = ranks.reduce(0, +) <= smaller ? smaller : max(1, smaller / deltas.count)
    let kept = ranks.map { min($0, share) }
    let u = DoubleMatrix.besideEachOther(zip(tasks, kept).map { $0.u.columns(0..<$1) })
    let v = DoubleMatrix.belowEachOther(zip(tasks, kept).map { $0.vt.rows(0..<$1) }).transposed
    let sigma = zip(zip(tasks, kept), present).flatMap { task, model in
      task.0.values.prefix(task.1).map { $0 * model.1 * scale }
    }
    return Merged(
      .lowRank(
        LowRank(
          b: (space.left * (try u.polarFactor())).scalingColumns(by: sigma),
          a: .product(try v.polarFactor(), space.right, transposeA: true, transposeB: true))))
  }
}
