internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// DARE in the core space: coordinates kept at random and scaled up, then added.
  ///
  /// Source: Core Space merging, arXiv:2509.17786: `AlignedSite.core`, then `AlignedMerge` without signs.
  static let coreDARELinear = MergeMethod(
    name: "core_dare_linear",
    summary: "sum of randomly thinned cores of the changes in the bases of their factors",
    paper: "2509.17786",
    notes: MergeNotes(
      formula: "λ·U_B·Σ w_t·(m_t ⊙ U_Bᵀ·ΔW_t·V_A) ÷ density·V_Aᵀ",
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "density 0.1…0.9; three seeds",
      differences: "its code drops 0.3 of the coordinates where nothing is said"),
    parameters: AlignedMerge.dareParameters().filter { $0.name != "combine" },
    neutral: ["density": .number(1), "scale": .number(1)], draws: true
  ) {
    AlignedMerge(
      AlignedSite.core, pruning: .random, density: $0.number("density"), elects: false, combination: .sum,
      scale: $0.number("scale"))
  }

  /// DARE in the core space with sign election.
  ///
  /// Source: Core Space merging, arXiv:2509.17786: `AlignedSite.core`, then `AlignedMerge`, whose draw takes the
  /// place of the trim.
  static let coreDARETIES = MergeMethod(
    name: "core_dare_ties",
    summary: "DARE with sign election on the cores of the changes in the bases of their factors",
    paper: "2509.17786",
    notes: MergeNotes(
      formula: "λ·U_B·DARE-TIES(U_Bᵀ·ΔW_t·V_A)·V_Aᵀ",
      cost: "in the core space, exact; O((out + in)·R² + T·R³), R = Σ r_t",
      sweep: "density 0.1…0.9; three seeds",
      differences: "its code trims to a tenth after the draw too"), parameters: AlignedMerge.dareParameters(),
    neutral: ["density": .number(1), "scale": .number(1)], draws: true
  ) { AlignedMerge.make(AlignedSite.core, $0, draws: true) }
}
