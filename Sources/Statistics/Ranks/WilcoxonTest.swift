internal import Foundation

/// Wilcoxon's signed-rank test of paired differences, exact with ties.
///
/// Source: Wilcoxon 1945, Biometrics Bulletin 1. Zeros are left out, as Wilcoxon did; equal sizes share their mean rank.
public struct WilcoxonTest: Sendable, Hashable {
  /// The sum of the ranks of positive differences.
  public var positive: Double
  /// The sum of the ranks of negative differences.
  public var negative: Double
  /// Differences that are not zero.
  public var count: Int
  /// Two-sided, over all 2ⁿ signs; 1 without any difference.
  public var p: Double

  /// Tests whether the differences are symmetric around zero.
  ///
  /// Cost: O(n³) for the distribution of rank sums.
  public init(_ differences: [Double]) {
    let values = differences.filter { $0 != 0 }
    count = values.count
    let ranks = MidRanks.of(values.map(abs))
    positive = zip(values, ranks).reduce(0) { $1.0 > 0 ? $0 + $1.1 : $0 }
    negative = zip(values, ranks).reduce(0) { $1.0 < 0 ? $0 + $1.1 : $0 }
    guard !values.isEmpty else {
      p = 1
      return
    }
    // Twice the ranks are whole numbers: the chance of each sum, one difference after the other.
    let doubled = ranks.map { Int(2 * $0) }
    var chances = [1.0]
    for rank in doubled {
      var next = [Double](repeating: 0, count: chances.count + rank)
      for (sum, chance) in chances.enumerated() {
        next[sum] += chance / 2
        next[sum + rank] += chance / 2
      }
      chances = next
    }
    let smaller = Int(2 * min(positive, negative))
    p = min(1, 2 * chances.prefix(smaller + 1).reduce(0, +))
  }
}
