/// Spearman's correlation of predictions and targets.
public struct RankSample: MetricSample {
  private let predictions: [Double]
  private let targets: [Double]
  private let predictionOrder: [Int]
  private let targetOrder: [Int]

  /// Traps on none and on two lengths.
  public init(_ predictions: [Double], _ targets: [Double]) {
    precondition(!predictions.isEmpty && predictions.count == targets.count, "ranks of unequal lists or none")
    self.predictions = predictions
    self.targets = targets
    predictionOrder = RankSample.order(predictions)
    targetOrder = RankSample.order(targets)
  }

  private static func order(_ values: [Double]) -> [Int] {
    values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  }

  /// n.
  public var count: Int { predictions.count }
  /// Pearson's correlation of the ranks, equal numbers sharing their mean rank; 0 where one side is constant.
  public var value: Double { value(weights: [Int](repeating: 1, count: count)) }
  /// Whether predictions or targets are all one number.
  public var isConstant: Bool {
    predictions.allSatisfy { $0 == predictions[0] } || targets.allSatisfy { $0 == targets[0] }
  }

  /// φᵢ = [(u−½)(v−½) + A + B] ÷ (sd u·sd v), centred, with u, v = (rank − ½)/n and A, B the parts that come from moving
  /// all ranks: Aᵢ = mean over j of (v_j − ½) where x_j > xᵢ (half where equal), B likewise.
  ///
  /// Exact for untied numbers; light ties are off by little, heavy ones need the bootstrap. Cost: O(n).
  public var influence: [Double] {
    if isConstant { return [Double](repeating: 0, count: count) }
    let ones = [Int](repeating: 1, count: count)
    let n = Double(count)
    let u = RankSample.ranks(predictions, predictionOrder, ones).map { ($0 - 0.5) / n - 0.5 }
    let v = RankSample.ranks(targets, targetOrder, ones).map { ($0 - 0.5) / n - 0.5 }
    let a = RankSample.above(predictions, predictionOrder, v)
    let b = RankSample.above(targets, targetOrder, u)
    func square(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } / n }
    let norm = 1 / (square(u) * square(v)).squareRoot()
    let raw = u.indices.map { (u[$0] * v[$0] + a[$0] + b[$0]) * norm }
    let center = Estimate.mean(raw)
    return raw.map { $0 - center }
  }

  /// Spearman's correlation where items are repeated.
  ///
  /// Cost: O(n).
  public func value(weights: [Int]) -> Double {
    let total = Double(weights.reduce(0, +))
    let a = RankSample.ranks(predictions, predictionOrder, weights)
    let b = RankSample.ranks(targets, targetOrder, weights)
    let middle = (total + 1) / 2
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for index in a.indices where weights[index] > 0 {
      let weight = Double(weights[index])
      ab += weight * (a[index] - middle) * (b[index] - middle)
      aa += weight * (a[index] - middle) * (a[index] - middle)
      bb += weight * (b[index] - middle) * (b[index] - middle)
    }
    return min(aa, bb) > 0 ? max(-1, min(1, ab / (aa * bb).squareRoot())) : 0
  }

  /// Spearman's correlation of all items but one.
  ///
  /// Cost: O(n).
  public func value(without item: Int) -> Double {
    var weights = [Int](repeating: 1, count: count)
    weights[item] = 0
    return value(weights: weights)
  }

  /// Ranks are made anew.
  ///
  /// Cost: O(n log n).
  public func value(taking isTaken: [Bool], from other: RankSample) -> Double {
    RankSample(
      predictions.indices.map { isTaken[$0] ? other.predictions[$0] : predictions[$0] }, targets
    ).value
  }

  /// The ends of the runs of equal values in an order.
  private static func runs(_ values: [Double], _ order: [Int]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start = 0
    while start < order.count {
      // One at least, as a NaN equals nothing.
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      runs.append(start..<end)
      start = end
    }
    return runs
  }

  /// Mean ranks from 1, of repeated items.
  private static func ranks(_ values: [Double], _ order: [Int], _ weights: [Int]) -> [Double] {
    var ranks = values
    var below = 0
    for run in runs(values, order) {
      let weight = run.reduce(0) { $0 + weights[order[$1]] }
      for place in run { ranks[order[place]] = Double(below) + Double(weight + 1) / 2 }
      below += weight
    }
    return ranks
  }

  /// The mean over all items of what lies above each, half for what is equal.
  private static func above(_ values: [Double], _ order: [Int], _ numbers: [Double]) -> [Double] {
    var result = values
    var sum = 0.0
    for run in runs(values, order).reversed() {
      let own = run.reduce(0.0) { $0 + numbers[order[$1]] }
      for place in run { result[order[place]] = (sum + own / 2) / Double(values.count) }
      sum += own
    }
    return result
  }
}
