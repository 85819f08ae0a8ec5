public import Basics

/// Resampling of seeds and items at once, the check of the closed form.
///
/// Source: Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics 1. Its variance has expectation
/// (1 − 1/R) of the seeds' part and about three times the residual's, so at few seeds it is a check and no interval.
public enum PigeonholeBootstrap {
  /// Means of resampled tables, each of R seeds and n items drawn with repetition.
  ///
  /// Cost: O(draws · seeds · items).
  public static func means(_ scores: [[Double]], draws: Int, using stream: inout RandomStream) -> [Double] {
    precondition(!scores.isEmpty && !scores[0].isEmpty, "scores of nothing")
    let seeds = scores.count
    let items = scores[0].count
    return (0..<draws).map { _ in
      var rows = [Double](repeating: 0, count: seeds)
      for _ in 0..<seeds { rows[stream.index(below: seeds)] += 1 }
      var columns = [Double](repeating: 0, count: items)
      for _ in 0..<items { columns[stream.index(below: items)] += 1 }
      var sum = 0.0
      for (weight, row) in zip(rows, scores) where weight > 0 {
        sum += weight * zip(columns, row).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return sum / Double(seeds * items)
    }
  }

  /// The variance of `means` over all draws, in closed form.
  ///
  /// With rows, columns and cells centred: Σ_s α_s²/R² + Σ_i β_i²/n² + the part of both, ΣΣ (y − ȳ)² over R²n² less what the
  /// first two count already. Cost: O(seeds · items).
  public static func variance(_ scores: [[Double]]) -> Double {
    let table = CrossedScores(scores)
    let r = Double(table.seeds)
    let n = Double(table.items)
    let center = table.mean
    let rows = table.seedMeans.reduce(0) { $0 + ($1 - center) * ($1 - center) } / r
    let columns = table.itemMeans.reduce(0) { $0 + ($1 - center) * ($1 - center) } / n
    let cells = scores.joined().reduce(0) { $0 + ($1 - center) * ($1 - center) } / (r * n)
    // A draw of (seed, item) pairs shares its row with n − 1 others, its column with R − 1, itself with none.
    return ((n - 1) * rows + (r - 1) * columns + cells) / (r * n)
  }
}
