internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// KnOTS-DARE-TIES: DARE, then sign election, on the coordinates of the changes in the basis that they share.
  ///
  /// Source: Stoica et al. 2024, arXiv:2410.19735, section 4, with Yu et al. 2023, arXiv:2311.03099:
  /// `AlignedSite.knots`, then `AlignedMerge`, whose draw takes the place of the trim.
  static let knotsDARETIES = MergeMethod(
    name: "knots_dare_ties", summary: "DARE with sign election in the singular basis that the changes share",
    paper: "2410.19735",
    notes: MergeNotes(
      formula: "λ·U·DARE-TIES(S·V_1ᵀ … S·V_Tᵀ) of [ΔW_1 … ΔW_T] = U·S·[V_1 … V_T]ᵀ",
      cost: "in the basis shared, exact; O((out + in)·R² + T·R³ + T·R·in), R = Σ r_t",
      sweep: "density 0.1…0.9; three seeds",
      differences: "as knots_ties"), parameters: AlignedMerge.dareParameters(),
    neutral: ["density": .number(1), "scale": .number(1)], draws: true
  ) { AlignedMerge.make(AlignedSite.knots, $0, draws: true) }
}
