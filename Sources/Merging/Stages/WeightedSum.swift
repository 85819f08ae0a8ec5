internal import LinearAlgebra

/// Σ c_t·ΔW_t of the models that have the site, exactly, in stacked factors; at least one has it.
func weightedSum(_ deltas: [LowRank?], _ coefficients: [Double]) -> LowRank {
  LowRank.sum(zip(deltas, coefficients).compactMap { delta, c in delta?.scaled(by: c) })
}
