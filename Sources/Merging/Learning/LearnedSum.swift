internal import Basics
internal import LinearAlgebra

/// The merge that learned parameters describe.
struct LearnedSum: Merging {
  private let sites: [String: LearnableMerge.Site]
  private let parameters: [Double]
  private let isWhole: Bool

  init(merge: LearnableMerge, parameters: [Double]) {
    sites = Dictionary(uniqueKeysWithValues: merge.sites.map { ($0.path, $0) })
    self.parameters = parameters
    let isSplit = if case .directions(let groups) = merge.learning.granularity { groups > 1 } else { false }
    isWhole = !isSplit && merge.learning.mask == nil && merge.learning.preparation == .none
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at path: String, random: RandomStream) throws -> Merged
  {
    guard let site = sites[path] else { preconditionFailure("nothing was learned for '\(path)'") }
    if isWhole {
      // One term for every model, in their order.
      let factors = zip(weights, site.terms).map { $0 * parameters[$1.coefficient] }
      return Merged(.lowRank(weightedSum(deltas, factors)))
    }
    var core = DoubleMatrix(rows: site.shape.rows, columns: site.shape.columns)
    for term in site.terms { core = core + DoubleMatrix(term.core).scaled(by: parameters[term.coefficient]) }
    if let left = site.left, let right = site.right {
      return Merged(.lowRank(LowRank(b: DoubleMatrix(left) * core, a: DoubleMatrix(right))))
    }
    if let mask = site.mask { core.values = ConcreteMask.applied(parameters[mask], to: core.values) }
    return Merged(.dense(core), defaultRank: try sumOfRanks(deltas))
  }
}
