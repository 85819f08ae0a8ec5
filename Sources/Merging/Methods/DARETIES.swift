internal import Basics

extension MergeMethod {
  /// DARE before TIES' election: drop at random, make up for it, elect a sign, combine what agrees with it.
  ///
  /// x̂_t = m_t ⊙ ΔW_t ÷ density, then as `ties`. Source: Yu et al. 2023, arXiv:2311.03099. Stages:
  /// `SparseMerge`.
  static let dareTIES = MergeMethod(
    name: "dare_ties",
    summary: "drop entries at random, elect a sign per entry, average the entries that agree with it",
    paper: "2311.03099",
    notes: MergeNotes(
      formula: """
        λ·Σ w_t·x̂_t ÷ Σ |w_t| over the t that agree with sign Σ w_t·x̂_t, x̂_t = m_t ⊙ ΔW_t ÷ density
        """,
      cost: """
        entry by entry on row blocks of all models: one pass, each 2·r FLOPs an entry and model; the full \
        result is cut to a rank
        """,
      sweep: "density 0.1, 0.3, 0.5, 0.7, 0.9; three seeds",
      differences: """
        mergekit keeps Σ|x| and sums what agrees (dare_ties@mergekit); PEFT works on A and B separately \
        (dare_ties@peft), its dare_ties_svd on ΔW
        """),
    parameters: [
      .density(0.5, usual: [0.2, 0.5, 0.8], "probability of an entry to be kept"), .scale(1),
      .trimScope([.tensor, .factor], default: .tensor), .rescale(.inverseDensity), .elect(.weighted),
      .combine(.weights),
    ],
    neutral: ["density": .number(1), "scale": .number(1)], draws: true
  ) { SparseMerge($0, elects: true, sparsify: RandomDrop(density: $0.number("density"))) }

  /// mergekit's stages.
  static let dareTIESMergekit = preset(
    "mergekit", of: .dareTIES,
    "dare_ties as mergekit has it: sums of magnitudes are kept, what agrees is summed",
    ["rescale": .text("l1"), "combine": .text("sum")])

  /// PEFT's stages.
  static let dareTIESPEFT = preset(
    "peft", of: .dareTIES, "dare_ties as PEFT has it: on A and on B separately, which mixes their products",
    ["trim_scope": .text("factor"), "elect": .text("unweighted"), "combine": .text("mean")])
}
