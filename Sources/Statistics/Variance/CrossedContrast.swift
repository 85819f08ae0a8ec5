/// The difference of two recipes for new seeds and new items, in closed form.
///
/// Var D = a_A/R_A + a_B/R_B + g/n + e_A/(R_A·n) + e_B/(R_B·n), with the variances of seeds, of items (of the difference) and
/// of the rest. Its parts are estimated by mean squares: S of the seed means, S_I of the item differences, M of the residuals.
public struct CrossedContrast: Sendable {
  /// How the mean squares make a variance.
  public enum Rule: Sendable {
    /// S_A/R_A + S_B/R_B + S_I/n. Counts the residual twice, so that its expectation lies between Var D and 2·Var D; never
    /// negative, and its two columns add up to it. The default, by the simulations in Decisions.
    case sum
    /// The residual taken off once: unbiased, and at times negative.
    case unbiased
    /// The unbiased one, but at least the seeds' and at least the items' part.
    case largest
  }

  /// Mean of the first minus mean of the second.
  public let estimate: Double
  /// The seeds' parts: S_A/R_A and S_B/R_B, or S_P/R where paired; empty where no side has seeds.
  public let seedParts: [Satterthwaite.Part]
  /// S_I/n with n − 1 degrees of freedom, or with those of clusters.
  public let itemPart: Satterthwaite.Part
  /// M_A/(R_A·n) and M_B/(R_B·n), or M_P/(R·n).
  public let residualParts: [Satterthwaite.Part]
  /// The fewest degrees of freedom of a seeds' part, below which ν is not let.
  public let leastDegrees: Double
  /// Items with a difference: with fewer than ten a t interval says nothing.
  public let discordant: Int
  /// n.
  public let items: Int
  /// Of both sides.
  public let seeds: (first: Int, second: Int)

  /// Two recipes whose seeds have nothing in common; a side of one row has no seeds (a base, a floor).
  ///
  /// `clusters` names the cluster of each item where several items come from one text. Traps on unequal items. Cost: O(n).
  public init(_ first: CrossedScores, _ second: CrossedScores, clusters: [Int]? = nil) {
    let parts = [first, second].compactMap { side in
      side.seedVariance.map { Satterthwaite.Part($0 / Double(side.seeds), degrees: Double(side.seeds - 1)) }
    }
    let residuals = [first, second].compactMap { CrossedContrast.residual($0) }
    self.init(
      first.mean - second.mean, parts, residuals, zip(first.itemMeans, second.itemMeans).map { $0 - $1 },
      (first.seeds, second.seeds), clusters)
    precondition(first.items == second.items, "\(first.items) items against \(second.items)")
  }

  /// A recipe against what its own trainings made, seed by seed: `differences` are the scores' differences by seed and item.
  ///
  /// Pair by construction, never by looking at a correlation: a merge minus the singles that it was made of. Cost: O(n).
  public init(paired differences: CrossedScores, clusters: [Int]? = nil) {
    let part = differences.seedVariance.map {
      Satterthwaite.Part($0 / Double(differences.seeds), degrees: Double(differences.seeds - 1))
    }
    self.init(
      differences.mean, part.map { [$0] } ?? [], CrossedContrast.residual(differences).map { [$0] } ?? [],
      differences.itemMeans, (differences.seeds, differences.seeds), clusters)
  }

  private init(
    _ estimate: Double, _ seedParts: [Satterthwaite.Part], _ residualParts: [Satterthwaite.Part],
    _ itemDifferences: [Double], _ seeds: (Int, Int), _ clusters: [Int]?
  ) {
    self.estimate = estimate
    self.seedParts = seedParts
    self.residualParts = residualParts
    self.seeds = seeds
    items = itemDifferences.count
    discordant = itemDifferences.count { abs($0) > 1e-12 }
    itemPart = CrossedContrast.itemPart(itemDifferences, clusters)
    leastDegrees = seedParts.map(\.degrees).min() ?? 1
  }

  /// V and its degrees of freedom, with the seeds' own parts or others in their place (moderated ones).
  ///
  /// ν by Satterthwaite, not below the seeds' fewest. V is 0 where all seeds agree and no item differs.
  public func variance(_ rule: Rule = .sum, seedParts others: [Satterthwaite.Part]? = nil)
    -> Satterthwaite.Part
  {
    let own = others ?? seedParts
    let seeds = own.reduce(0) { $0 + $1.variance }
    let parts = own + [itemPart] + (rule == .sum ? [] : residualParts)
    var total = seeds + itemPart.variance
    if rule != .sum { total -= residualParts.reduce(0) { $0 + $1.variance } }
    if rule == .largest { total = max(total, seeds, itemPart.variance) }
    return Satterthwaite.Part(
      total, degrees: max(leastDegrees, Satterthwaite.degrees(parts, variance: total)))
  }

  /// √ of the seeds' part: the column `se_seed`.
  public var seedError: Double { seedParts.reduce(0) { $0 + $1.variance }.squareRoot() }
  /// √ of the items' part: the column `se_item`.
  public var itemError: Double { itemPart.variance.squareRoot() }
  /// Var g, what items change of the difference, cut at zero: S_I − M_A/R_A − M_B/R_B, for print and planning only.
  public var itemComponent: Double {
    max(0, itemPart.variance - residualParts.reduce(0) { $0 + $1.variance }) * Double(items)
  }

  private static func residual(_ scores: CrossedScores) -> Satterthwaite.Part? {
    scores.residual.map {
      Satterthwaite.Part(
        $0 / Double(scores.seeds * scores.items), degrees: Double((scores.seeds - 1) * (scores.items - 1)))
    }
  }

  /// S_I/n, or m/(m−1)·Σ_c (Σ_{i in c} (v_i − v̄))²/n² for m clusters.
  private static func itemPart(_ values: [Double], _ clusters: [Int]?) -> Satterthwaite.Part {
    let count = Double(values.count)
    guard values.count > 1 else { return Satterthwaite.Part(0, degrees: 1) }
    guard let clusters else {
      return Satterthwaite.Part((Estimate.variance(values) ?? 0) / count, degrees: count - 1)
    }
    precondition(clusters.count == values.count, "\(clusters.count) clusters for \(values.count) items")
    let center = Estimate.mean(values)
    var totals: [Int: Double] = [:]
    for (cluster, value) in zip(clusters, values) { totals[cluster, default: 0] += value - center }
    guard totals.count > 1 else { return Satterthwaite.Part(0, degrees: 1) }
    let m = Double(totals.count)
    // In the order of the clusters' names: a dictionary's own order differs from run to run.
    let squares = totals.keys.sorted().reduce(0.0) { $0 + (totals[$1] ?? 0) * (totals[$1] ?? 0) }
    return Satterthwaite.Part(m / (m - 1) * squares / (count * count), degrees: m - 1)
  }
}
