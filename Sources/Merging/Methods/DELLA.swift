internal import Basics

extension MergeMethod {
  /// DELLA: drop entries at random, small ones more often, make up for them, then as TIES.
  ///
  /// x̂_t = m_t ⊙ ΔW_t ÷ p_t with the probabilities of `RankedDrop`. Source: Deep et al. 2024, arXiv:2406.11617,
  /// section 3. Stages: `SparseMerge`.
  static let della = MergeMethod(
    name: "della",
    summary: "drop entries at random, small ones rather, elect a sign per entry, average what agrees with it",
    paper: "2406.11617",
    notes: MergeNotes(
      formula: """
        λ·Σ w_t·x̂_t ÷ Σ |w_t| over the t that agree with sign Σ w_t·x̂_t, x̂_t = m_t ⊙ ΔW_t ÷ p_t, p = \
        density − ε…density + ε by rank in the row
        """,
      cost: """
        entry by entry on row blocks of all models: one pass, each 2·r FLOPs an entry and model; the full \
        result is cut to a rank; every row is sorted
        """,
      sweep: "density 0.1…0.9; epsilon 0.05…0.15; scale 0.7…1.5",
      differences: """
        paper and code divide every entry by its own probability, their window is 2ε; mergekit keeps Σ|x| \
        of each matrix instead (della@mergekit)
        """),
    parameters: [
      .density(0.5, usual: [0.2, 0.5, 0.8], "mean probability of an entry to be kept"), .epsilon, .scale(1),
      .rescale(.inverseDensity),
      .elect(.weighted), .combine(.weights),
    ],
    neutral: ["density": .number(1), "scale": .number(1)], draws: true,
    requirements: probabilities
  ) { dropByRank($0, elects: true) }

  /// mergekit's stages.
  static let dellaMergekit = preset(
    "mergekit", of: .della, "della as mergekit has it: the sum of magnitudes of each matrix is kept",
    ["rescale": .text("l1")])

  /// Keep probabilities between 0 and 1.
  static let probabilities: Requirements = { parameters, _ throws(Diagnostic) in
    try RankedDrop(parameters).check()
  }

  /// The rule with the parameters of `della` or `della_linear`.
  static func dropByRank(_ parameters: Parameters, elects: Bool) -> SparseMerge {
    SparseMerge(
      parameters, elects: elects, hasScope: false, dividesItself: true, sparsify: RankedDrop(parameters))
  }
}
