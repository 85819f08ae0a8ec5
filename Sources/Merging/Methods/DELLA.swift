internal import Basics

extension MergeMethod {
  /// DELLA: drop entries at random, small ones more often, make up for them, elect a sign, combine what agrees with it.
  ///
  /// x̂_t = m_t ⊙ ΔW_t ÷ p_t with the probabilities of `RankedDrop`, then as `ties`.
  /// Source: Deep et al. 2024, arXiv:2406.11617, section 3. Space and cost: `SparseMerge`, and a sort of every row.
  /// The paper and its code divide every entry by its own probability, and their window is 2ε; mergekit keeps Σ|x| of
  /// each matrix instead (`della@mergekit`).
  static let della = MergeMethod(
    name: "della",
    summary: "drop entries at random, small ones rather, elect a sign per entry, average what agrees with it",
    paper: "2406.11617",
    parameters: [
      .density(0.5, usual: [0.2, 0.5, 0.8], "mean probability of an entry to be kept"), .epsilon, .scale(1),
      .rescale(.inverseDensity),
      .elect(.weighted), .combine(.weights),
    ],
    neutral: ["density": .number(1), "scale": .number(1)], symmetric: false
  ) { dropByRank($0, elects: true) }

  /// mergekit's stages.
  static let dellaMergekit = preset(
    "mergekit", of: .della, "della as mergekit has it: the sum of magnitudes of each matrix is kept",
    ["rescale": .text("l1")])

  /// The rule with the parameters of `della` or `della_linear`.
  static func dropByRank(_ parameters: Parameters, elects: Bool) -> SparseMerge {
    SparseMerge(
      parameters, elects: elects, hasScope: false, dividesItself: true,
      sparsify: RankedDrop(
        density: parameters.number("density"), epsilon: parameters.number("epsilon"),
        dividesByProbability: parameters.text("rescale") == Rescale.inverseDensity.rawValue))
  }
}
