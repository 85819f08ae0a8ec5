internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// A point between two models: (1 − α)·w₁·ΔW₁ + α·w₂·ΔW₂.
  ///
  /// A grid of α, each point a candidate of its own, traces what one of two tasks gives up for the other; the table
  /// `pareto` says which points are on the front. Source of the front as a line of weights: Dimitriadis et al. 2022,
  /// arXiv:2210.09759. That paper (PaMaL) trains the two ends together, with α drawn anew at every step, so that the line
  /// between them is good everywhere: `pamal`. This is the line between ends that were trained alone.
  /// The first model is the first by the names of its tasks. One model alone comes back as it is.
  /// Exact in factors. Cost: O((out + in)·R).
  static let pareto = MergeMethod(
    name: "pareto", summary: "a point on the line between two models; a grid of alpha traces their front",
    paper: "2210.09759",
    notes: MergeNotes(
      formula: """
        (1 − α)·w₁·ΔW₁ + α·w₂·ΔW₂
        """,
      cost: """
        in stacked factors, exact; O((out + in)·R)
        """,
      differences: """
        the paper (PaMaL) trains the two ends together, which is pamal; this is the line between ends that were \
        trained alone
        """),
    parameters: [
      ParameterSpec(
        "alpha", .number(0...1), default: .number(0.5),
        "the place on the line: 0 the first model, 1 the second")
    ],
    symmetric: false, models: 1...2
  ) { Pareto(alpha: $0.number("alpha")) }
}

private struct Pareto: Merging {
  let alpha: Double

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    guard deltas.count == 2 else { return Merged(.lowRank(weightedSum(deltas, weights))) }
    return Merged(.lowRank(weightedSum(deltas, [(1 - alpha) * weights[0], alpha * weights[1]])))
  }
}
