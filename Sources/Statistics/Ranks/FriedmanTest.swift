/// Several models ranked on several tasks.
///
/// Source: Friedman 1937, JASA 32; Iman and Davenport 1980; for models over data sets Demšar 2006, JMLR 7.
public struct FriedmanTest: Sendable, Hashable {
  /// Rank 1 is the best; equal scores share their mean rank.
  public var meanRanks: [Double]
  /// Friedman's χ² with the correction for ties, of k − 1 degrees of freedom.
  public var chiSquared: Double
  /// Its p value.
  public var p: Double
  /// Iman and Davenport's F = (N − 1)χ²/(N(k − 1) − χ²), less conservative; infinite where all tasks rank alike.
  public var f: Double
  /// Its p value, with k − 1 and (k − 1)(N − 1) degrees of freedom.
  public var fP: Double
  /// N.
  public var tasks: Int

  /// Scores by task and model, more is better; nil for fewer than two tasks or models, and where all scores are ties.
  public init?(_ scores: [[Double]]) {
    guard let models = scores.first?.count, models > 1, scores.count > 1 else { return nil }
    precondition(scores.allSatisfy { $0.count == models }, "tasks with unequal models")
    let k = Double(models)
    let n = Double(scores.count)
    var sums = [Double](repeating: 0, count: models)
    var tied = 0.0
    for row in scores {
      for (index, rank) in MidRanks.of(row.map { -$0 }).enumerated() { sums[index] += rank }
      tied += MidRanks.ties(row).reduce(0) { $0 + Double($1 * $1 * $1 - $1) }
    }
    let correction = 1 - tied / (n * k * (k * k - 1))
    guard correction > 0 else { return nil }
    let spread = sums.reduce(0) { $0 + ($1 - n * (k + 1) / 2) * ($1 - n * (k + 1) / 2) }
    let statistic = 12 * spread / (n * k * (k + 1)) / correction
    meanRanks = sums.map { $0 / n }
    chiSquared = statistic
    p = ChiSquared.upper(statistic, degrees: k - 1)
    let rest = n * (k - 1) - statistic
    f = rest > 1e-12 ? (n - 1) * statistic / rest : .infinity
    fP = f.isInfinite ? 0 : FDistribution.upper(f, k - 1, (k - 1) * (n - 1))
    tasks = scores.count
  }

  /// √(k(k+1)/(6N)): the standard error of a difference of two mean ranks, times √2 less than that of a range.
  private var scale: Double {
    let k = Double(meanRanks.count)
    return (k * (k + 1) / (6 * Double(tasks))).squareRoot()
  }

  /// Nemenyi's p values of all pairs: P(Q_{k,∞} > √2·|rᵢ − rⱼ| ÷ √(k(k+1)/(6N))).
  public var nemenyi: [[Double]] {
    meanRanks.map { a in
      meanRanks.map { b in
        StudentizedRange.upper(abs(a - b) / scale * 2.0.squareRoot(), means: meanRanks.count)
      }
    }
  }

  /// Mean ranks must differ by q_{k,∞}(1 − α)/√2 · √(k(k+1)/(6N)) to be told apart.
  public func criticalDifference(alpha: Double = 0.05) -> Double {
    StudentizedRange.quantile(1 - alpha, means: meanRanks.count) / 2.0.squareRoot() * scale
  }

  /// The largest groups of models, best first, that cannot be told apart: the bars of a critical-difference diagram.
  ///
  /// A group inside another is left out; a model alone is no group.
  public func groups(alpha: Double = 0.05) -> [[Int]] {
    let limit = criticalDifference(alpha: alpha)
    let order = meanRanks.indices.sorted { (meanRanks[$0], $0) < (meanRanks[$1], $1) }
    var groups: [[Int]] = []
    var reached = 0
    for start in order.indices {
      let end = order.indices.last { meanRanks[order[$0]] - meanRanks[order[start]] <= limit } ?? start
      if end > start, end > reached || groups.isEmpty { groups.append(Array(order[start...end])) }
      reached = max(reached, end)
    }
    return groups
  }
}
