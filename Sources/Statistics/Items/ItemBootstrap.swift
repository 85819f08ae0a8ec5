public import Basics

/// What other items would have made of the difference of some models, by drawing items with repetition.
///
/// Source: Efron and Tibshirani 1993, An introduction to the bootstrap. The seeds stay as they are: the draws speak of these
/// models on other texts.
public enum ItemBootstrap {
  /// Mean over the first models less mean over the second, for drawn items; the same items for all.
  ///
  /// Cost: O(draws · items · models).
  public static func differences<Sample: MetricSample>(
    _ first: [Sample], _ second: [Sample], draws: Int = 2000, using stream: inout RandomStream
  ) -> [Double] {
    guard let count = first.first?.count else { return [] }
    precondition((first + second).allSatisfy { $0.count == count }, "samples of unequal items")
    return (0..<draws).map { _ in
      var weights = [Int](repeating: 0, count: count)
      for _ in 0..<count { weights[stream.index(below: count)] += 1 }
      return mean(first) { $0.value(weights: weights) } - mean(second) { $0.value(weights: weights) }
    }
  }

  /// The difference without each item in turn, for `BootstrapInterval`.
  public static func jackknife<Sample: MetricSample>(_ first: [Sample], _ second: [Sample]) -> [Double] {
    (0..<(first.first?.count ?? 0)).map { item in
      mean(first) { $0.value(without: item) } - mean(second) { $0.value(without: item) }
    }
  }

  /// 0 without models: a difference to nothing is the value itself.
  static func mean<Sample: MetricSample>(_ samples: [Sample], _ value: (Sample) -> Double) -> Double {
    samples.isEmpty ? 0 : Estimate.mean(samples.map(value))
  }
}
