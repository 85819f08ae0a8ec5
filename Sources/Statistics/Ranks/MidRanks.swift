/// Ranks where equal numbers share their mean place.
enum MidRanks {
  /// Ranks from 1.
  ///
  /// Cost: O(n log n).
  static func of(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = values
    for run in runs(values, order) {
      for place in run { ranks[order[place]] = Double(run.lowerBound + 1 + run.upperBound) / 2 }
    }
    return ranks
  }

  /// How many numbers each distinct value has, ascending.
  static func ties(_ values: [Double]) -> [Int] {
    let sorted = values.sorted()
    return runs(sorted, Array(sorted.indices)).map(\.count)
  }

  private static func runs(_ values: [Double], _ order: [Int]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      runs.append(start..<end)
      start = end
    }
    return runs
  }
}
