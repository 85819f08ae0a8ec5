internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// TIES in the core space: on the R × R coordinates of the changes in bases that they share on both sides.
  ///
  /// Source: Core Space merging, arXiv:2509.17786: `AlignedSite.core`, then `AlignedMerge`.
  static let coreTIES = MergeMethod(
    name: "core_ties", summary: "TIES on the small cores of the changes in the bases of their factors",
    paper: "2509.17786",
    notes: MergeNotes(
      formula: """
        λ·U_B·TIES(U_Bᵀ·ΔW_t·V_A)·V_Aᵀ, U_B and V_A the singular vectors of [B_1 … B_T] and [A_1; …; A_T]
        """,
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "density 0.1…1; scale 0.1…2",
      differences: "its code keeps one coordinate more (a threshold at the k-th)"),
    parameters: AlignedMerge.tiesParameters(density: 0.1, scope: .tensor),
    neutral: ["density": .number(1), "scale": .number(1)]
  ) { AlignedMerge.make(AlignedSite.core, $0, draws: false) }
}
