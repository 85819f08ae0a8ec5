public import Basics

/// How often other seeds and other validation items would have chosen each candidate.
public enum ChoiceFrequency {
  /// Shares of leaving out one seed at a time, and for each drawing the items again, by candidate; they sum to 1.
  ///
  /// `scores` holds for each candidate pseudo-scores by seed and item, more is better; all candidates on the same items, seeds
  /// in the same order. The highest mean is chosen, of equal ones the first. With `draws` 0 the items stay as they are. One
  /// seed alone is left in. Cost: O(seeds · draws · candidates · items) after one pass over the scores.
  public static func shares(_ scores: [[[Double]]], draws: Int = 200, using stream: inout RandomStream)
    -> [Double]
  {
    guard let first = scores.first, let items = first.first?.count else { return [] }
    let seeds = scores.map(\.count).min() ?? 0
    precondition(scores.joined().allSatisfy { $0.count == items }, "candidates on unequal items")
    var counts = [Double](repeating: 0, count: scores.count)
    for left in 0..<seeds {
      let means = scores.map { candidate in
        itemMeans(candidate.indices.filter { seeds == 1 || $0 != left }.map { candidate[$0] }, items)
      }
      if draws == 0 { counts[best(means.map { $0.reduce(0, +) })] += 1 }
      for _ in 0..<draws {
        var weights = [Double](repeating: 0, count: items)
        for _ in 0..<items { weights[stream.index(below: items)] += 1 }
        counts[best(means.map { zip($0, weights).reduce(0) { $0 + $1.0 * $1.1 } })] += 1
      }
    }
    let total = counts.reduce(0, +)
    return counts.map { $0 / total }
  }

  private static func itemMeans(_ seeds: [[Double]], _ items: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: items)
    for row in seeds { for index in 0..<items { sums[index] += row[index] } }
    return sums.map { $0 / Double(seeds.count) }
  }

  private static func best(_ values: [Double]) -> Int {
    values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
  }
}
