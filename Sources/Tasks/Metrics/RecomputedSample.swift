internal import Statistics

/// A metric that nobody has taken apart: it is computed again for every question.
struct RecomputedSample: MetricSample {
  let predictions: [Target]
  let targets: [Target]
  let compute: @Sendable ([Target], [Target]) -> Double

  var count: Int { targets.count }
  var value: Double { compute(predictions, targets) }
  var isConstant: Bool { false }

  /// The jackknife's (n − 1)·(θ − θ without the item), centred.
  ///
  /// Cost: the metric of n items, n times.
  var influence: [Double] {
    let all = value
    let raw = targets.indices.map { Double(count - 1) * (all - value(without: $0)) }
    let mean = raw.reduce(0, +) / Double(count)
    return raw.map { $0 - mean }
  }

  func value(weights: [Int]) -> Double {
    let items = weights.indices.flatMap { Array(repeating: $0, count: weights[$0]) }
    return compute(items.map { predictions[$0] }, items.map { targets[$0] })
  }

  func value(without item: Int) -> Double {
    guard count > 1 else { return value }
    let others = targets.indices.filter { $0 != item }
    return compute(others.map { predictions[$0] }, others.map { targets[$0] })
  }

  func value(taking isTaken: [Bool], from other: RecomputedSample) -> Double {
    compute(targets.indices.map { isTaken[$0] ? other.predictions[$0] : predictions[$0] }, targets)
  }
}
