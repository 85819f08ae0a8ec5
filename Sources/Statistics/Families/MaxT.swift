public import Basics

/// Step-down max-t: a correction that uses how the tests hang together, by flipping signs.
///
/// Source: Westfall and Young 1993, Resampling-based multiple testing, algorithm 4.1, with the sign flips of paired
/// differences. Exact where differences are symmetric around zero under the null. With n units the smallest p value is
/// 2/2ⁿ, so it takes six units to reach 0.05.
public enum MaxT {
  /// Adjusted two-sided p values of one-sample t statistics, one for each test.
  ///
  /// `differences` holds for each test the differences of the same units, in the same order; the signs of a unit flip in all
  /// tests at once. All 2ⁿ flips where they are at most `draws`, else `draws` random ones and the data itself (so that no
  /// p value is 0). Cost: O(draws · tests · units).
  public static func adjusted(
    _ differences: [[Double]], draws: Int = 10_000, using stream: inout RandomStream
  ) -> [Double] {
    guard let units = differences.first?.count, units > 1 else { return differences.map { _ in 1 } }
    precondition(differences.allSatisfy { $0.count == units }, "tests of unequal units")
    let observed = differences.map { statistic($0, signs: nil) }
    let order = observed.indices.sorted { (-observed[$0], $0) < (-observed[$1], $1) }
    let isExact = units < 30 && 1 << units <= draws
    let rounds = isExact ? 1 << units : draws
    var atLeast = [Int](repeating: 0, count: order.count)
    for round in 0..<rounds {
      let signs = (0..<units).map { unit -> Double in
        (isExact ? (round >> unit) & 1 == 1 : stream.next() >> 63 == 1) ? -1 : 1
      }
      var largest = 0.0
      for place in order.indices.reversed() {
        let test = order[place]
        largest = max(largest, statistic(differences[test], signs: signs))
        // Equal flips must count as equal, whatever the rounding of their sums.
        if largest >= observed[test] * (1 - 1e-10) { atLeast[place] += 1 }
      }
    }
    var adjusted = [Double](repeating: 1, count: order.count)
    var running = 0.0
    for (place, test) in order.enumerated() {
      let p =
        isExact
        ? Double(atLeast[place]) / Double(rounds) : Double(atLeast[place] + 1) / Double(rounds + 1)
      running = max(running, p)
      adjusted[test] = running
    }
    return adjusted
  }

  /// |mean ÷ (s/√n)| of the flipped values; infinite where they are all one number but zero.
  private static func statistic(_ values: [Double], signs: [Double]?) -> Double {
    let count = Double(values.count)
    var sum = 0.0
    var squares = 0.0
    for index in values.indices {
      sum += values[index] * (signs?[index] ?? 1)
      squares += values[index] * values[index]
    }
    let variance = (squares - sum * sum / count) / (count - 1)
    if variance <= squares * 1e-14 { return squares > 0 ? .infinity : 0 }
    return abs(sum / count) / (variance / count).squareRoot()
  }
}
