internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// TSV-Compress: every change cut to a share of its singular directions; of several, the sum.
  ///
  /// Source: Gargiulo et al. 2024, arXiv:2412.00081, section 4. The method serves T tasks by T compressed
  /// changes, one at a time: merge one model to get its compressed adapter. The sum of several is the baseline
  /// of truncated task vectors.
  static let tsvC = MergeMethod(
    name: "tsv_c",
    summary: "every change cut to its largest singular directions; of several models their sum",
    paper: "2412.00081",
    notes: MergeNotes(
      formula: "λ·Σ w_t·SVD_k(ΔW_t), k = max(1, ⌊f·rank(ΔW_t)⌋)",
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "fraction 0.1…1/T",
      differences: """
        the published share is of min(out, in); that is the rank of a full change, and more than all of a \
        LoRA one, so it is of the change's own rank here
        """),
    parameters: [
      ParameterSpec(
        "fraction", .number(0...1), default: .number(0),
        "share of its singular directions that a change keeps, at least one; 0: one over the number of models"
      ),
      .scale(1, isExtra: true),
    ],
    neutral: ["fraction": .number(1), "scale": .number(1)]
  ) { TSVC(fraction: $0.number("fraction"), scale: $0.number("scale")) }
}

/// λ·Σ w_t·SVD_k(ΔW_t), k = max(1, ⌊f·rank(ΔW_t)⌋), in the core space.
///
/// Cost: O((out + in)·R² + T·R³).
private struct TSVC: CoreRule {
  let fraction: Double
  let scale: Double

  func merge(_ site: CoreSite) throws -> SingularValues {
    let share = fraction > 0 ? fraction : 1 / Double(site.models)
    var sum = site.space.weightedSum(site.weights.map { _ in 0 })
    for (core, weight) in zip(site.cores, site.weights) {
      let svd = try core.nonzeroSingularValues()
      let kept = svd.prefix(max(1, Int(share * Double(svd.values.count))))
      sum = sum + kept.matrix.scaled(by: scale * weight)
    }
    return try sum.nonzeroSingularValues()
  }
}
