/// Two models on the same items, right or wrong: only items on which they differ tell.
///
/// Source: McNemar 1947, Psychometrika 12; the mid-p value after Lancaster 1961, recommended by Fagerland, Lydersen and Laake
/// 2013, BMC Medical Research Methodology 13.
public struct McNemar: Sendable, Hashable {
  /// Items that only the first has right.
  public var first: Int
  /// Items that only the second has right.
  public var second: Int

  /// Counts of discordant items.
  public init(first: Int, second: Int) {
    precondition(first >= 0 && second >= 0, "\(first) and \(second) items")
    self.first = first
    self.second = second
  }

  /// Whether each item is right, for both models.
  public init(_ first: [Bool], _ second: [Bool]) {
    precondition(first.count == second.count, "\(first.count) items against \(second.count)")
    self.init(
      first: zip(first, second).count { $0 && !$1 }, second: zip(first, second).count { !$0 && $1 })
  }

  /// min(1, 2·P(X ≤ smaller)) with X binomial of the discordant items and ½; never below its level.
  public var exact: Double {
    min(1, 2 * Binomial.cdf(min(first, second), of: first + second, 0.5))
  }

  /// The exact p value less half the chance of what is as extreme: close to its level and sometimes a little below.
  public var midP: Double {
    // One outcome is as extreme as this one, and not two.
    if first == second { return 1 - Binomial.mass(first, of: 2 * first, 0.5) / 2 }
    return min(1, exact - Binomial.mass(min(first, second), of: first + second, 0.5))
  }
}
