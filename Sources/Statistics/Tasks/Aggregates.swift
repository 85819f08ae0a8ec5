public import Basics

/// Summaries over tasks and seeds that one odd run does not decide.
///
/// Source: Agarwal et al. 2021, Deep reinforcement learning at the edge of the statistical precipice, arXiv:2108.13264.
public enum Aggregates {
  /// The mean of the middle half of all scores: ⌊n/4⌋ are cut at each end.
  ///
  /// Cost: O(n log n).
  public static func interquartileMean(_ scores: [Double]) -> Double? {
    guard !scores.isEmpty else { return nil }
    let cut = scores.count / 4
    return Estimate.mean(Array(scores.sorted()[cut..<(scores.count - cut)]))
  }

  /// The chance that a run of the first recipe beats one of the second on a task, mean over tasks; a tie counts half.
  ///
  /// Scores by task and seed. Nil without tasks or where one has no seeds. Cost: O(tasks · seeds²).
  public static func probabilityOfImprovement(_ first: [[Double]], over second: [[Double]]) -> Double? {
    precondition(first.count == second.count, "\(first.count) tasks against \(second.count)")
    guard !first.isEmpty, !(first + second).contains(where: \.isEmpty) else { return nil }
    return Estimate.mean(
      zip(first, second).map { a, b in
        let wins = a.reduce(0.0) { sum, x in sum + b.reduce(0.0) { $0 + (x > $1 ? 1 : x == $1 ? 0.5 : 0) } }
        return wins / Double(a.count * b.count)
      })
  }

  /// A summary of both recipes with the seeds of every task drawn with repetition, tasks fixed (stratified bootstrap).
  ///
  /// Cost: O(draws · scores).
  public static func stratified(
    _ first: [[Double]], _ second: [[Double]], draws: Int = 2000, using stream: inout RandomStream,
    _ summary: ([[Double]], [[Double]]) -> Double?
  ) -> [Double] {
    (0..<draws).compactMap { _ in
      let a = first.map { resampled($0, &stream) }
      let b = second.map { resampled($0, &stream) }
      return summary(a, b)
    }
  }

  private static func resampled(_ seeds: [Double], _ stream: inout RandomStream) -> [Double] {
    seeds.map { _ in seeds[stream.index(below: seeds.count)] }
  }
}
