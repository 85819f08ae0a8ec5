internal import Basics
internal import LinearAlgebra

/// A rule of the form Σ c_t·ΔW_t whose c_t come from the inner products of the changes.
protocol GramRule: Merging {
  /// c_t of two models or more.
  func coefficients(_ gram: Gram, _ weights: [Double], at site: String) throws -> [Double]

  /// c of one model alone.
  var ofOne: Double { get }
}

extension GramRule {
  /// Most rules give one model back as it is.
  var ofOne: Double { 1 }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    try mergeByGram(deltas, weights, at: site)
  }

  /// Σ c_t·ΔW_t, exactly, in stacked factors.
  func mergeByGram(_ deltas: [LowRank?], _ weights: [Double], at site: String) throws -> Merged {
    let c = deltas.count > 1 ? try coefficients(Gram(of: deltas), weights, at: site) : [ofOne]
    return Merged(.lowRank(weightedSum(deltas, c)))
  }
}
