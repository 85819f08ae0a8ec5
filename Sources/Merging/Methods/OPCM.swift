internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// OPCM: the models one after the other, each without what lies in the leading directions of those before.
  ///
  /// Source: Tang et al. 2025, "Merging models on the fly without retraining: a sequential approach to scalable
  /// continual model merging", as FusionBench has it. The paper divides by λ_t after every step so that the norm
  /// over the whole model is the mean norm of the models so far; directions and shares do not depend on a
  /// factor, so one factor at the end does the same. All sites are merged twice, once for the norm.
  static let opcm = MergeMethod(
    name: "opcm",
    summary: "models in sequence, each without its part in the leading directions of those before",
    paper: nil,
    notes: MergeNotes(
      formula: """
        Y_1 = w_1·ΔW_1; with Y = U·Σ·Vᵀ and P = Uᵀ·(w_t·ΔW_t)·V, Y ← Y + w_t·ΔW_t − U·(P ⊙ Z)·Vᵀ, Z 1 on \
        the diagonal and in the leading block before the share α of Σσ; then the mean norm of the models
        """,
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "alpha 0.3…0.7",
      differences: """
        the order is that of the models (FusionBench shuffles them). FusionBench also takes out the \
        diagonal in arbitrary vectors of the null space; here it is that of the directions that are there
        """),
    parameters: [
      ParameterSpec(
        "alpha", .number(0...1), default: .number(0.5),
        "share of the sum of the singular values whose directions are closed to the next model")
    ],
    symmetric: false
  ) { OPCM(alpha: $0.number("alpha")) }
}

/// Y_1 = w_1·ΔW_1; with Y = U·Σ·Vᵀ of rank k and P = Uᵀ·(w_t·ΔW_t)·V, Y ← Y + w_t·ΔW_t − U·(P ⊙ Z)·Vᵀ, where Z is 1 on
/// the diagonal and where both indices are ≤ s, s the number of directions before the share α of Σσ is passed.
///
/// The paper divides by λ_t after every step so that the norm over the whole model is the mean norm of the models
/// so far. Directions and shares do not depend on a factor, so one factor at the end does the same.
/// In the core space; all sites are merged twice, once for the norm. Cost: O((out + in)·R² + T·R³).
private struct OPCM: Merging {
  let alpha: Double
  /// The mean norm of the models over that of Y, both over the whole model.
  var factor = 1.0

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?], weights: [Double]) throws {
    var squares = weights.map { _ in 0.0 }
    var merged = 0.0
    for path in sites {
      let models = deltas(path)
      for (index, delta) in models.enumerated() {
        guard let delta else { continue }
        let norm = weights[index] * delta.norm
        squares[index] += norm * norm
      }
      let norm = try accumulated(CoreSite(models, weights)).norm
      merged += norm * norm
    }
    let mean = squares.reduce(0) { $0 + $1.squareRoot() } / Double(squares.count)
    factor = merged > 0 ? mean / merged.squareRoot() : 1
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let site = CoreSite(deltas, weights)
    let core = try accumulated(site).scaled(by: factor)
    return Merged(.core(site.space, try core.nonzeroSingularValues()))
  }

  /// Y_T.
  private func accumulated(_ site: CoreSite) throws -> DoubleMatrix {
    var merged = site.weighted[0]
    for core in site.weighted.dropFirst() {
      let svd = try merged.nonzeroSingularValues()
      var closed = DoubleMatrix.product(svd.u, core, transposeA: true)
      closed = .product(closed, svd.vt, transposeB: true)
      let leading = Spectrum.count(passing: alpha, of: svd.values)
      for i in 0..<closed.rows {
        for j in 0..<closed.columns where i != j && max(i, j) >= leading { closed[i, j] = 0 }
      }
      merged = merged + core - svd.u * closed * svd.vt
    }
    return merged
  }
}
