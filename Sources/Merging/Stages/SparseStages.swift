internal import Basics
internal import LinearAlgebra

/// Sparsify, rescale, elect, combine: the stages that most rules on single entries are made of.
///
/// Per model x̂_t = rescale(sparsify(ΔW_t)), then λ·`EntrySum` of the x̂_t, a block of rows at a time. Cost: a pass over
/// the entries of all models, one or two more for every limit by magnitude, one more for a factor that keeps the sum of
/// magnitudes.
struct SparseStages {
  /// Which entries of each model are kept.
  let sparsify: [any Sparsify]
  /// What makes up for the others, and the share of each model kept that it needs.
  let rescale: Rescale
  let densities: [Double]
  /// nil: the entries of all models are summed.
  let elect: ElectSign?
  let divisor: Divisor
  /// λ.
  let scale: Double

  /// Merges the changes of all models at one layer.
  ///
  /// - Parameters:
  ///   - beside: Rows that are read along and not merged.
  ///   - emit: Gets a block of every one of these and the merged numbers beside it, block after block.
  func merge(
    _ changes: [ChangeRows], _ voices: [Voice], _ streams: [RandomStream], beside others: [ChangeRows] = [],
    emit: (_ others: ArraySlice<Matrix>, _ sums: [Double]) throws -> Void
  ) throws {
    var masks = changes.indices.map { sparsify[$0].mask(of: changes[$0], model: $0, random: streams[$0]) }
    let factors = changes.indices.map {
      rescale.factor(for: changes[$0], mask: masks[$0], density: densities[$0])
    }
    var sum = EntrySum(
      elect: elect, voices: try adjusted(voices, factors), divides: divisor != .one, scale: scale)
    try ChangeRows.forEachBlock(changes + others) { blocks in
      for t in changes.indices {
        blocks[t].withMutableSpan { masks[t].apply(to: &$0, columns: blocks[t].columns) }
      }
      try emit(blocks.dropFirst(changes.count), sum.sums(of: blocks.prefix(changes.count)))
    }
  }

  /// The voices with the factors of rescaling and the parts of the chosen divisor.
  private func adjusted(_ voices: [Voice], _ factors: [Double]) throws -> [Voice] {
    let total = elect == nil && divisor == .weights ? try sumOfWeights(voices) : 1
    return zip(voices, factors).map { voice, factor in
      Voice(
        vote: (elect == .weighted ? voice.vote : 1) * factor, weight: voice.weight * factor / total,
        part: divisor == .weights ? voice.part : 1)
    }
  }

  private func sumOfWeights(_ voices: [Voice]) throws(Diagnostic) -> Double {
    let parts = voices.map { $0.weight < 0 ? -$0.part : $0.part }
    let total = parts.reduce(0, +)
    guard abs(total) > 1e-12 * parts.reduce(0, { $0 + abs($1) }) else {
      throw .refusal(
        "the weights of the merge sum to zero: no average",
        hint: "set normalize to false for differences of models")
    }
    return total
  }
}
