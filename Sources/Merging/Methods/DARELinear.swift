internal import Basics

extension MergeMethod {
  /// DARE: drop entries at random, make up for them, sum.
  ///
  /// m_t are independent draws with probability `density`. Source: Yu et al. 2023, arXiv:2311.03099, section 3.
  /// Stages: `SparseMerge`.
  static let dareLinear = MergeMethod(
    name: "dare_linear",
    summary: "weighted sum of the changes after entries are dropped at random and made up for",
    paper: "2311.03099",
    notes: MergeNotes(
      formula: "λ·Σ w_t·(m_t ⊙ ΔW_t) ÷ density",
      cost: """
        entry by entry on row blocks of all models: one pass, each 2·r FLOPs an entry and model; the full \
        result is cut to a rank
        """,
      sweep: "density 0.1, 0.3, 0.5, 0.7, 0.9; three seeds",
      differences: """
        paper and PEFT divide by the density, mergekit keeps Σ|x| of each matrix instead (rescale l1, \
        dare_linear@mergekit): the same on average, not for one matrix. PEFT draws on A and B separately \
        (dare_linear@peft), its dare_linear_svd on ΔW. No two programs draw the same masks
        """),
    parameters: [
      .density(0.5, usual: [0.2, 0.5, 0.8], "probability of an entry to be kept"), .scale(0.3),
      .trimScope([.tensor, .factor], default: .tensor), .rescale(.inverseDensity), .normalize,
    ],
    neutral: ["density": .number(1), "scale": .number(1)], draws: true
  ) { SparseMerge($0, elects: false, sparsify: RandomDrop(density: $0.number("density"))) }

  /// mergekit's stages.
  static let dareLinearMergekit = preset(
    "mergekit", of: .dareLinear,
    "dare_linear as mergekit has it: the sum of magnitudes of each matrix is kept",
    ["rescale": .text("l1"), "scale": .number(1)])

  /// PEFT's stages.
  static let dareLinearPEFT = preset(
    "peft", of: .dareLinear,
    "dare_linear as PEFT has it: on A and on B separately, which mixes their products",
    ["trim_scope": .text("factor"), "scale": .number(1)])
}
