internal import Basics
internal import LinearAlgebra

/// A rule whose result is cut to the largest rank of the models where no rank is asked for: PEFT's `*_svd`.
struct CutToLargestRank: Merging {
  var rule: any Merging

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?], weights: [Double]) throws {
    try rule.prepare(sites: sites, deltas: deltas, weights: weights)
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    var merged = try rule.merge(deltas, weights: weights, at: site, random: random)
    merged.defaultRank = try deltas.compactMap { try $0?.numericalRank() }.max()
    return merged
  }
}
