internal import Basics

extension MergeMethod {
  /// DELLA's dropping (`della`) before a weighted sum instead of an election.
  ///
  /// Source: Deep et al. 2024, arXiv:2406.11617, and mergekit's row of this name.
  static let dellaLinear = MergeMethod(
    name: "della_linear",
    summary: "weighted sum of the changes after entries are dropped at random, small ones rather",
    paper: "2406.11617",
    notes: MergeNotes(
      formula: "λ·Σ w_t·x̂_t, x̂_t as in della",
      cost: """
        entry by entry on row blocks of all models: one pass, each 2·r FLOPs an entry and model; the full \
        result is cut to a rank; every row is sorted
        """,
      sweep: "density 0.1…0.9; epsilon 0.05…0.15",
      differences: "mergekit keeps Σ|x| of each matrix (della_linear@mergekit)"),
    parameters: [
      .density(0.5, usual: [0.2, 0.5, 0.8], "mean probability of an entry to be kept"), .epsilon, .scale(0.3),
      .rescale(.inverseDensity),
      .normalize,
    ],
    neutral: ["density": .number(1), "scale": .number(1)], draws: true,
    requirements: probabilities
  ) { dropByRank($0, elects: false) }

  /// mergekit's stages.
  static let dellaLinearMergekit = preset(
    "mergekit", of: .dellaLinear,
    "della_linear as mergekit has it: the sum of magnitudes of each matrix is kept",
    ["rescale": .text("l1"), "scale": .number(1)])
}
