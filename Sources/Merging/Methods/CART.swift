internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// CART: the average, and the low-rank parts of what each model differs from it by.
  ///
  /// Source: Choi et al. 2024, arXiv:2412.12153 (by way of the Core Space code; the paper's text was not at
  /// hand). Two models differ from their average by opposite changes, so that the average is all that is left of
  /// them: refused.
  static let cart = MergeMethod(
    name: "cart", summary: "average of the changes plus the low-rank parts of each one's difference from it",
    paper: "2412.12153",
    notes: MergeNotes(
      formula: "W̄ + λ·Σ w'_t·SVD_k(ΔW_t − W̄), w' = T·w ÷ Σ w, W̄ = Σ w'_t·ΔW_t ÷ T, k = ⌈f·rank⌉",
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "fraction 0.04…0.2; scale 0.1…1.5",
      differences: """
        the share is of the rank of the difference, which for full changes is the published min(out, in). \
        The weights are ours
        """),
    parameters: [
      ParameterSpec(
        "fraction", .number(0...1), default: .number(0.08),
        "share of its singular directions that a difference keeps, rounded up"),
      .scale(1, in: 0...100, "factor λ on the sum of these parts"),
    ],
    requirements: moreThanTwo
  ) { CART(fraction: $0.number("fraction"), scale: $0.number("scale")) }
}

extension MergeMethod {
  private static let moreThanTwo: Requirements = { parameters, weights throws(Diagnostic) in
    guard weights.count != 2 else {
      throw Diagnostic(
        "cart of two models is their average, whatever its fraction and scale",
        hint: "use linear, or merge three models or more")
    }
    try average(parameters, weights)
  }
}

/// With w'_t = T·w_t ÷ Σ w and W̄ = Σ w'_t·ΔW_t ÷ T: W̄ + λ·Σ w'_t·SVD_k(ΔW_t − W̄), k = ⌈f·rank⌉.
///
/// In the core space. A model without the site differs by −W̄. Cost: O((out + in)·R² + T·R³).
private struct CART: CoreRule {
  let fraction: Double
  let scale: Double

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let relative = try normalized(weights).map { $0 * Double(deltas.count) }
    let core = CoreSite(deltas, relative)
    let absent = zip(deltas, relative).reduce(0) { $1.0 == nil ? $0 + $1.1 : $0 }
    return Merged(.core(core.space, try merge(core, absent: absent).nonzeroSingularValues()))
  }

  func merge(_ site: CoreSite) throws -> SingularValues { try merge(site, absent: 0).nonzeroSingularValues() }

  /// - Parameter absent: Σ w'_t of the models that lack the site.
  private func merge(_ site: CoreSite, absent: Double) throws -> DoubleMatrix {
    let mean = site.sum.scaled(by: 1 / Double(site.models))
    var merged = mean
    for (core, weight) in zip(site.cores, site.weights) {
      merged = merged + (try part(of: core - mean)).scaled(by: weight * scale)
    }
    return absent == 0 ? merged : merged - (try part(of: mean)).scaled(by: absent * scale)
  }

  private func part(of difference: DoubleMatrix) throws -> DoubleMatrix {
    let svd = try difference.nonzeroSingularValues()
    return svd.prefix(Int((fraction * Double(svd.values.count)).rounded(.up))).matrix
  }
}
