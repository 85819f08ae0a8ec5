internal import Basics
internal import Foundation
internal import LinearAlgebra

extension CheckpointMethod {
  /// The base with those entries of the other model that matter much more than most.
  ///
  /// An entry matters by I = |θ_1 − θ_0|·KL(p ‖ q), p and q the softmax over its row in θ_1 and θ_0, each plus 1e-8; it is
  /// taken where I ≥ median + 1.5·(third − first quartile) of the tensor. mergekit takes the quartiles of larger tensors
  /// from a million entries drawn at random, here they are exact. Three passes. Source: mergekit `arcee_fusion`.
  static let arceeFusion = CheckpointMethod(
    name: "arcee_fusion", summary: "the entries of another model that matter much more than most",
    base: .origin,
    models: 1...1, shared: [.int8Mask]
  ) { tensors, sink in
    guard let base = tensors.base else { preconditionFailure("no base at '\(tensors.name)'") }
    let rows = [ChangeRows(base, minus: nil), tensors.wholes[0]]
    let count = rows[0].count
    /// The entry at that share of all, counted from the least.
    func quantile(_ share: Double) -> Float {
      let position = OrderStatistic.largest(count - Int(share * Double(count - 1)), of: count, by: .value) {
        visit in
        ChangeRows.forEachBlock(rows) { visit(FusionScores.scores(base: $0[0], other: $0[1]).span) }
      }
      return OrderStatistic.number(position.key, .value)
    }
    let (first, median, third) = (quantile(0.25), quantile(0.5), quantile(0.75))
    let threshold = median + 1.5 * (third - first)
    var start = 0
    try ChangeRows.forEachBlock(rows) { blocks in
      let scores = FusionScores.scores(base: blocks[0], other: blocks[1])
      blocks[0].withMutableSpan { merged in
        blocks[1].withSpan {
          for i in 0..<merged.count where scores[i] >= threshold { merged[i] = $0[i] }
        }
      }
      try sink(start, blocks[0])
      start += blocks[0].count
    }
  }
}

private enum FusionScores {
  /// How much each entry of some rows matters.
  static func scores(base: Matrix, other: Matrix) -> [Float] {
    var scores: [Float] = []
    scores.reserveCapacity(base.count)
    for row in 0..<base.rows {
      let (origin, changed) = (base.rows(row..<row + 1).values, other.rows(row..<row + 1).values)
      let (p, q) = (softmax(changed), softmax(origin))
      let divergence = Float(zip(p, q).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) })
      for (x, y) in zip(changed, origin) { scores.append(abs(x - y) * divergence) }
    }
    return scores
  }

  private static func softmax(_ row: [Float]) -> [Double] {
    let largest = row.max() ?? 0
    let powers = row.map { exp(Double($0 - largest)) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum + 1e-8 }
  }
}
