internal import Basics
internal import LinearAlgebra

/// Sparsify, rescale, elect, combine, on adapters: most rules on single entries are made of these stages.
///
/// The `SparseStages` on adapters. Space: row blocks of all models and one full result. Cost: a pass over the entries of
/// all models (2·r FLOPs each) and one or two more for every limit by magnitude; the cut of the full result to a rank
/// costs more than these.
/// A model without a layer counts as zero there, in the shares of a whole model too.
struct SparseMerge: Merging {
  /// Which entries are kept.
  var sparsify: any Sparsify
  /// What makes up for the others, and the share kept that it needs.
  let rescale: Rescale
  let density: Double
  /// nil: the entries of all models are summed.
  let elect: ElectSign?
  let divisor: Divisor
  /// λ.
  let scale: Double
  /// Whether the rule works on A and B separately, as PEFT does.
  let byFactor: Bool

  /// Reads what all rows share: `density`, `rescale`, `scale`, and of `trim_scope` whether it is `factor`.
  ///
  /// - Parameters:
  ///   - elects: Whether the row has `elect` and `combine`, else it has `normalize`.
  ///   - dividesItself: Whether the sparsifying stage itself divides by the probability of every entry.
  init(
    _ parameters: Parameters, elects: Bool, hasScope: Bool = true, dividesItself: Bool = false,
    sparsify: any Sparsify
  ) {
    self.sparsify = sparsify
    rescale = parameters.choice(Rescale.self, "rescale")
    density = dividesItself ? 1 : min(1, parameters.number("density"))
    elect = elects ? parameters.choice(ElectSign.self, "elect") : nil
    divisor =
      elects
      ? parameters.choice(Divisor.self, "combine")
      : (parameters.flag("normalize") ? .weights : .one)
    scale = parameters.number("scale")
    byFactor = hasScope && parameters.trimScope == .factor
  }

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?]) throws {
    if sparsify.looksAtWholeModels { sparsify.prepare(sites.map { ChangeRows.all(deltas($0)) }) }
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    if byFactor { return try mergeFactors(deltas, weights, site, random) }
    let voices = weights.map { Voice(vote: $0, weight: $0, part: abs($0)) }
    let streams = deltas.map { random.stream(DrawName.of($0)) }
    let merged = try merge(ChangeRows.all(deltas), voices, streams)
    return Merged(.dense(merged), defaultRank: try sumOfRanks(deltas))
  }

  /// PEFT's way: the stages on all A and on all B, with √|w·s| on both and the sign of w on A.
  ///
  /// Source: PEFT's `add_weighted_adapter` with `ties`, `dare_linear`, `dare_ties` and `magnitude_prune`. B*·A* holds
  /// products of one model's B with another's A, which no model has: not the same as the rule on ΔW.
  private func mergeFactors(
    _ deltas: [LowRank?], _ weights: [Double], _ site: String, _ random: RandomStream
  ) throws -> Merged {
    let present = deltas.indices.compactMap { t in deltas[t].map { (t, $0) } }
    let ranks = Set(present.map(\.1.rank)).sorted()
    guard ranks.count == 1 else {
      throw Diagnostic.refusal(
        "trim_scope 'factor' takes adapters of one rank; those of '\(site)' have "
          + ranks.map { "\($0)" }.joined(separator: ", "), hint: "the other scopes take any ranks")
    }
    func factor(_ name: String, _ matrices: [DoubleMatrix], signed: Bool) throws -> DoubleMatrix {
      let voices = present.map { t, delta in
        let sign: Double = signed && weights[t] * delta.scale < 0 ? -1 : 1
        let root = abs(weights[t] * delta.scale).squareRoot() * sign
        return Voice(vote: root, weight: root, part: abs(weights[t]).squareRoot())
      }
      let streams = present.map { random.stream(DrawName.of($0.1)).stream(name) }
      return try merge(matrices.map { ChangeRows($0) }, voices, streams)
    }
    let a = try factor("a", present.map(\.1.a), signed: true)
    let b = try factor("b", present.map(\.1.b), signed: false)
    return Merged(.lowRank(LowRank(b: b, a: a, scale: scale)))
  }

  private func merge(
    _ changes: [ChangeRows], _ voices: [Voice], _ streams: [RandomStream]
  ) throws -> DoubleMatrix {
    let stages = SparseStages(
      sparsify: changes.map { _ in sparsify }, rescale: rescale, densities: changes.map { _ in density },
      elect: elect, divisor: divisor, scale: byFactor ? 1 : scale)
    var merged: [Double] = []
    merged.reserveCapacity(changes[0].count)
    try stages.merge(changes, voices, streams) { _, sums in merged.append(contentsOf: sums) }
    return DoubleMatrix(rows: changes[0].rows, columns: changes[0].columns, values: merged)
  }
}
