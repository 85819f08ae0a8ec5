internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// PCB-Merging: entries compete within a model by magnitude and between models by agreement with their sum.
  ///
  /// |X̂| is |X| clamped to its quantiles `clamp` and 1 − `clamp`, n the map of the smallest to 0 and the
  /// largest to 1; all but the `ratio` best scores of a model are raised to the next one and mapped to 0…1 again
  /// to give s_t. Source: the authors' code to Du et al. 2024, arXiv:2410.02396. With `ratio` 1 nothing is to be
  /// lost, so where all s_t are zero (the one worst score) the mean is taken. tanh of products of changes: not
  /// invariant to their size.
  static let pcb = MergeMethod(
    name: "pcb",
    summary: "weighs every entry by its magnitude in its model and by its agreement with the sum",
    paper: "2410.02396",
    notes: MergeNotes(
      formula: "λ·Σ w_t·X̂_t·s_t ÷ Σ s_t, s_t from the score exp(T·n(|X̂|)²)·tanh(X·Σ X)",
      cost: """
        entry by entry on row blocks of all models: four to seven passes, each 2·r FLOPs an entry and model; the \
        full result is cut to a rank; an exp and a tanh an entry in two or three of them
        """,
      sweep: "ratio 0.05…0.2; scale 0.8…2.2",
      differences: """
        the paper's text has softmaxes where its code, and this, has exp and tanh. The code takes the \
        quantiles over the whole model; weights are its λ_t
        """),
    parameters: [
      ParameterSpec(
        "ratio", .number(0.0001...1), default: .number(0.1),
        "share of the entries kept per model, by their score"),
      ParameterSpec(
        "clamp", .number(0...0.4), default: .number(0.0001),
        "share of the largest and of the smallest entries that are clamped"),
      .trimScope([.model, .tensor], default: .model), .scale(1.2),
    ],
    neutral: ["ratio": .number(1), "clamp": .number(0), "scale": .number(1)],
    isHomogeneous: false
  ) {
    PCB(
      rule: PCBScores(ratio: $0.number("ratio"), clamp: $0.number("clamp")), scale: $0.number("scale"),
      looksAtWholeModels: $0.trimScope == .model)
  }
}

private struct PCB: Merging {
  let rule: PCBScores
  let scale: Double
  let looksAtWholeModels: Bool
  var limits: [PCBScores.Limits] = []

  init(rule: PCBScores, scale: Double, looksAtWholeModels: Bool) {
    self.rule = rule
    self.scale = scale
    self.looksAtWholeModels = looksAtWholeModels
  }

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?]) throws {
    if looksAtWholeModels { limits = rule.limits(of: sites.map { ChangeRows.all(deltas($0)) }) }
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let limits = looksAtWholeModels ? limits : rule.limits(of: [ChangeRows.all(deltas)])
    var shares: [Double] = []
    let merged = mergeByBlocks(deltas) { blocks, merged in
      shares = Array(repeating: 0, count: merged.count)
      let sums = sumOfEntries(blocks)
      for (t, block) in blocks.enumerated() {
        let scores = rule.scores(block, sums, limits[t], models: blocks.count)
        block.withSpan { PCB.add($0, scores.span, weights[t], limits[t], &merged, &shares) }
      }
      for i in 0..<merged.count { merged[i] *= scale / max(shares[i], 1e-12) }
      if rule.ratio >= 1 { fillLost(blocks, weights, limits, shares, &merged) }
    }
    return Merged(.dense(merged), defaultRank: try sumOfRanks(deltas))
  }

  private static func add(
    _ block: Span<Float>, _ scores: Span<Float>, _ weight: Double, _ limits: PCBScores.Limits,
    _ merged: inout [Double], _ shares: inout [Double]
  ) {
    var merged = merged.mutableSpan
    var shares = shares.mutableSpan
    precondition(
      block.count == scores.count && block.count == merged.count && block.count == shares.count,
      "blocks differ")
    for i in 0..<block.count {
      let share = limits.share(of: scores[i])
      merged[i] += weight * limits.clamped(block[i]) * share
      shares[i] += share
    }
  }

  /// The mean of the models where no share is left.
  private func fillLost(
    _ blocks: [Matrix], _ weights: [Double], _ limits: [PCBScores.Limits], _ shares: [Double],
    _ merged: inout [Double]
  ) {
    for (t, block) in blocks.enumerated() {
      let weight = weights[t] * scale / Double(blocks.count)
      block.withSpan { span in
        for i in 0..<span.count where shares[i] == 0 { merged[i] += weight * limits[t].clamped(span[i]) }
      }
    }
  }
}
