internal import Basics

extension MergeMethod {
  /// DELLA's dropping (`della`) before a weighted sum instead of an election: λ·Σ w_t·x̂_t.
  ///
  /// Source: Deep et al. 2024, arXiv:2406.11617, and mergekit's row of this name (`della_linear@mergekit`).
  static let dellaLinear = MergeMethod(
    name: "della_linear",
    summary: "weighted sum of the changes after entries are dropped at random, small ones rather",
    paper: "2406.11617",
    parameters: [
      .density(0.5, usual: [0.2, 0.5, 0.8], "mean probability of an entry to be kept"), .epsilon, .scale(0.3),
      .rescale(.inverseDensity),
      .normalize,
    ],
    neutral: ["density": .number(1), "scale": .number(1)], symmetric: false
  ) { dropByRank($0, elects: false) }

  /// mergekit's stages.
  static let dellaLinearMergekit = preset(
    "mergekit", of: .dellaLinear,
    "della_linear as mergekit has it: the sum of magnitudes of each matrix is kept",
    ["rescale": .text("l1"), "scale": .number(1)])
}
