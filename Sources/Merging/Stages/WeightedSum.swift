internal import Basics
internal import LinearAlgebra

/// Σ c_t·ΔW_t of the models that have the site, exactly, in stacked factors; at least one has it.
func weightedSum(_ deltas: [LowRank?], _ coefficients: [Double]) -> LowRank {
  LowRank.sum(zip(deltas, coefficients).compactMap { delta, c in delta?.scaled(by: c) })
}

/// Σ diag(c_t)·ΔW_t, exactly: every row of every model has a coefficient, which goes into the rows of B.
///
/// - Parameter coefficients: Per row, per model.
func weightedSum(_ deltas: [LowRank?], rowwise coefficients: [[Double]]) -> LowRank {
  LowRank.sum(
    deltas.enumerated().compactMap { model, delta in
      guard let delta else { return nil }
      let rows = coefficients.map { $0[model] }
      return LowRank(b: delta.b.scalingRows(by: rows), a: delta.a, scale: delta.scale)
    })
}

/// w_t ÷ Σ w_t.
///
/// - Throws: a refusal where the weights cancel out.
func normalized(_ weights: [Double]) throws(Diagnostic) -> [Double] {
  let total = weights.reduce(0, +)
  guard abs(total) > 1e-12 * weights.reduce(0, { $0 + abs($1) }) else {
    throw .refusal(
      "the weights of the merge sum to zero: no average",
      hint: "use task_arithmetic for differences of models")
  }
  return weights.map { $0 / total }
}
