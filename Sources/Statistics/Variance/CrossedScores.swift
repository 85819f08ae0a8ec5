/// Scores of one recipe: some seeds on some items, every seed on every item.
///
/// Y[s,i] = μ + a[s] + g[i] + e[s,i]: the terms of the Hoeffding decomposition are uncorrelated whatever the law of Y, so the
/// expectations below need no normal numbers. For metrics that are no means of items, Y are the pseudo-scores of
/// `MetricSample`.
public struct CrossedScores: Sendable, Hashable {
  /// ȳ[s·], one for each seed.
  public let seedMeans: [Double]
  /// ȳ[·i], one for each item; the difference of two recipes' is what items say of the difference.
  public let itemMeans: [Double]
  /// M, the residual mean square, an unbiased estimate of Var e; nil for one seed or one item.
  public let residual: Double?

  /// Reduces scores by seed and item; traps where seeds have unequal items, or there is nothing.
  ///
  /// Cost: O(seeds · items).
  public init(_ scores: [[Double]]) {
    precondition(!scores.isEmpty && !scores[0].isEmpty, "scores of nothing")
    let items = scores[0].count
    precondition(scores.allSatisfy { $0.count == items }, "seeds with unequal items")
    let seeds = scores.count
    let seedMeans = scores.map(Estimate.mean)
    var itemMeans = [Double](repeating: 0, count: items)
    for row in scores { for index in row.indices { itemMeans[index] += row[index] } }
    for index in itemMeans.indices { itemMeans[index] /= Double(seeds) }
    self.seedMeans = seedMeans
    self.itemMeans = itemMeans
    guard seeds > 1, items > 1 else {
      residual = nil
      return
    }
    // Sums of deviations and not of squares, which would cancel.
    let center = Estimate.mean(seedMeans)
    var squares = 0.0
    for (row, seed) in zip(scores, seedMeans) {
      for (value, item) in zip(row, itemMeans) {
        let rest = value - seed - item + center
        squares += rest * rest
      }
    }
    residual = squares / Double((seeds - 1) * (items - 1))
  }

  /// R.
  public var seeds: Int { seedMeans.count }
  /// n.
  public var items: Int { itemMeans.count }
  /// The mean over all.
  public var mean: Double { Estimate.mean(seedMeans) }
  /// S, the variance of the seed means with R − 1: it estimates Var a + Var e/n; nil for one seed.
  public var seedVariance: Double? { Estimate.variance(seedMeans) }
  /// Var a = S − M/n, cut at zero: what seeds change, for print only; nil for one seed.
  public var seedComponent: Double? {
    seedVariance.map { max(0, $0 - (residual ?? 0) / Double(items)) }
  }
}
