internal import LinearAlgebra

/// Calibrating the singular values of a merged core by what each model does in the same directions.
enum Calibration {
  /// σ_r·γ_r, γ_r = T ÷ Σ_t max(α, s_rt), s_rt = ⟨u_rᵀM, u_rᵀM_t⟩ ÷ ‖u_rᵀM_t‖².
  ///
  /// s_rt says how many times what model t does in direction u_r is in the merged core; 0 where it does nothing.
  /// Source: arXiv:2602.05536, equations 4 and 8, algorithm 1. Cost: 4·T·k·R² FLOPs.
  /// - Parameters:
  ///   - merged: The merged core's triples.
  ///   - cores: M_t of the models that have the site; the other `models` count as s = 0.
  static func calibrated(
    _ merged: SingularValues, by cores: [DoubleMatrix], models: Int, alpha: Double
  ) -> [Double] {
    let response = merged.vt.scalingRows(by: merged.values)
    var amplified = merged.values.map { _ in Double(models - cores.count) * alpha }
    for core in cores {
      let own = DoubleMatrix.product(merged.u, core, transposeA: true)
      let least = LowRank.negligible * core.norm
      for r in amplified.indices {
        let row = own.rows(r..<r + 1)
        let size = row.innerProduct(row)
        let share = size > least * least ? response.rows(r..<r + 1).innerProduct(row) / size : 0
        amplified[r] += max(alpha, share)
      }
    }
    return zip(merged.values, amplified).map { $0 * Double(models) / $1 }
  }
}
