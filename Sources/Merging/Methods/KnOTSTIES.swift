internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// KnOTS-TIES: TIES on the coordinates of the changes in the left singular basis that they share.
  ///
  /// Source: Stoica et al. 2024, arXiv:2410.19735, section 4: `AlignedSite.knots`, then `AlignedMerge`.
  static let knotsTIES = MergeMethod(
    name: "knots_ties", summary: "TIES in the singular basis that the changes share", paper: "2410.19735",
    notes: MergeNotes(
      formula: "λ·U·TIES(S·V_1ᵀ … S·V_Tᵀ) of [ΔW_1 … ΔW_T] = U·S·[V_1 … V_T]ᵀ",
      cost: "in the basis shared, exact; O((out + in)·R² + T·R³ + T·R·in), R = Σ r_t",
      sweep: "density 0.2…1; scale 0.5, 0.6",
      differences: """
        the published code keeps one coordinate more, leaves α/r out, drops σ ≤ 1e-5 (here a share of σ₁) \
        and gives a sum of exactly zero the majority's sign. It trims over the whole model and elects \
        without weights, the defaults here; its λ is 0.6 for image and 0.5 for language models
        """),
    parameters: AlignedMerge.tiesParameters(density: 0.2, scope: .model),
    neutral: ["density": .number(1), "scale": .number(1)]
  ) { AlignedMerge.make(AlignedSite.knots, $0, draws: false) }
}
