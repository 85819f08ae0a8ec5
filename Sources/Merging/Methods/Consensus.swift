internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Consensus merging: of the summed change only the entries that serve at least k models.
  ///
  /// With τ = Σ w_t·ΔW_t (or the TIES sum of what agrees): TALL masks m_t = |ΔW_t| > λ_m·|τ − ΔW_t|, then
  /// λ·τ where Σ m_t ≥ k, else 0. k = 1 drops what serves nobody, k = 2 also what serves one model alone.
  /// Source: Wang et al. 2024, arXiv:2405.07813, sections 3 and 4. The paper chooses λ_m of every task on validation and
  /// λ in 0…1; here all tasks share one λ_m. Weights are in τ alone. `vector: ties` trims the whole model to `density`.
  /// The masks themselves (TALL: a model per task) are a routed model, which this row is not.
  /// Space: row blocks of all models. Cost: one pass, two more for ties.
  static let consensus = MergeMethod(
    name: "consensus", summary: "the summed change where it serves enough of the models", paper: "2405.07813",
    parameters: [
      ParameterSpec(
        "vector", .choice(["task_arithmetic", "ties"]), default: .text("task_arithmetic"),
        "the change that is masked: the weighted sum, or the sum of trimmed entries of the elected sign"),
      ParameterSpec("k", .integer(0...1024), default: .number(2), "how many models an entry must serve"),
      ParameterSpec(
        "mask_lambda", .number(0...10), default: .number(0.4),
        "an entry serves a model whose own change exceeds this times the distance from the sum to it"),
      .density(0.2, "share of the entries kept per model where the vector is that of ties"), .scale(0.3),
    ],
    neutral: ["density": .number(1), "k": .number(1), "scale": .number(1)]
  ) {
    Consensus(
      elects: $0.text("vector") == "ties", k: $0.integer("k"), maskLambda: $0.number("mask_lambda"),
      scale: $0.number("scale"), trim: MagnitudeBand(density: $0.number("density"), scope: .model))
  }
}

private struct Consensus: Merging {
  let elects: Bool
  let k: Int
  let maskLambda: Double
  let scale: Double
  var trim: MagnitudeBand

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?]) throws {
    if elects, trim.looksAtWholeModels { trim.prepare(sites.map { ChangeRows.all(deltas($0)) }) }
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    guard k <= deltas.count else {
      throw Diagnostic(
        "no entry can serve \(k) of \(deltas.count) models: the merge would be zero",
        hint: "k must be at most the number of models")
    }
    let voices = weights.map { Voice(vote: $0, weight: $0, part: 1) }
    var sum = EntrySum(elect: elects ? .weighted : nil, voices: voices, divides: false, scale: 1)
    let changes = elects ? ChangeRows.all(deltas) : []
    var masks = changes.enumerated().map { trim.mask(of: $1, model: $0, random: random) }
    let merged = mergeByBlocks(deltas) { blocks, merged in
      var together: [Double] = []
      if elects {
        let trimmed = blocks.map { $0.copied() }
        for (t, block) in trimmed.enumerated() {
          block.withMutableSpan { masks[t].apply(to: &$0, columns: block.columns) }
        }
        together = sum.sums(of: trimmed[...])
      } else {
        together = sum.sums(of: blocks[...])
      }
      keepServing(blocks, together, &merged)
    }
    return Merged(.dense(merged), defaultRank: try sumOfRanks(deltas))
  }

  /// λ·τ where at least k models are served.
  private func keepServing(_ blocks: [Matrix], _ together: [Double], _ merged: inout [Double]) {
    for block in blocks {
      block.withSpan { span in
        for i in 0..<span.count {
          let own = Double(span[i])
          merged[i] += own.magnitude > maskLambda * (together[i] - own).magnitude ? 1 : 0
        }
      }
    }
    for i in 0..<merged.count { merged[i] = merged[i] >= Double(k) ? scale * together[i] : 0 }
  }
}
