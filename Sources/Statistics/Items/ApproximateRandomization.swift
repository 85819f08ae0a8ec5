public import Basics

/// Whether two models differ on these items: their answers are swapped item by item.
///
/// Source: Noreen 1989, Computer-intensive methods for testing hypotheses; Riezler and Maxwell 2005. Under the null that
/// both answer alike every swap is as likely; nothing is assumed of the metric.
public enum ApproximateRandomization {
  /// (1 + draws with |D*| ≥ |D|) ÷ (1 + draws), for the difference of the means over models.
  ///
  /// An item is swapped between all pairs of models at once: they share its text. Cost: O(draws · items · models).
  public static func p<Sample: MetricSample>(
    _ first: [Sample], _ second: [Sample], draws: Int = 10_000, using stream: inout RandomStream
  ) -> Double {
    precondition(first.count == second.count, "\(first.count) models against \(second.count)")
    guard let count = first.first?.count else { return 1 }
    let pairs = Array(zip(first, second))
    let observed = abs(ItemBootstrap.mean(first, \.value) - ItemBootstrap.mean(second, \.value))
    // As in MaxT: equal draws must count as equal.
    let threshold = observed - 1e-12 * max(1, observed)
    var atLeast = 0
    for _ in 0..<draws {
      let isTaken = (0..<count).map { _ in stream.next() >> 63 == 1 }
      let difference = pairs.reduce(0.0) { sum, pair in
        sum + pair.0.value(taking: isTaken, from: pair.1) - pair.1.value(taking: isTaken, from: pair.0)
      }
      if abs(difference / Double(pairs.count)) >= threshold { atLeast += 1 }
    }
    return Double(atLeast + 1) / Double(draws + 1)
  }
}
