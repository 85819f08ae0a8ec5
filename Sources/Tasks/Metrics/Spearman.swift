internal import Statistics

extension Metric {
  /// Pearson's correlation of the ranks, equal numbers sharing their mean rank; 0 where one side is constant.
  static let spearman = Metric(
    "spearman", "rank correlation", of: [.number], range: -1...1,
    sample: { predictions, targets, _ in RankSample(predictions.numbers, targets.numbers) },
    compute: { predictions, targets, _ in
      correlation(ranks(predictions.numbers), ranks(targets.numbers))
    })

  /// Ranks from 1; a run of equal numbers takes the mean of its places.
  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = values
    var start = 0
    while start < order.count {
      // One at least, as a NaN equals nothing.
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + 1 + end) / 2 }
      start = end
    }
    return ranks
  }
}
