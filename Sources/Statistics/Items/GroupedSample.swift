/// A metric that is the mean over groups of items of a metric computed within each.
///
/// For an accuracy a weighted mean of items, each with the weight n ÷ (G·n_g) for G groups and n_g items in its own.
public struct GroupedSample: MetricSample {
  /// The groups' samples.
  private let parts: [any MetricSample]
  /// The items of each, ascending.
  private let items: [[Int]]
  /// n.
  public let count: Int

  /// One sample for each group, over the items that are its own; traps where an item is in no group or in several.
  public init(_ parts: [any MetricSample], items: [[Int]]) {
    precondition(!parts.isEmpty && parts.map(\.count) == items.map(\.count), "samples of other groups")
    let all = items.flatMap(\.self)
    precondition(Set(all) == Set(all.indices), "items in no group or in several")
    self.parts = parts
    self.items = items
    count = all.count
  }

  /// The mean of the groups' values.
  public var value: Double { Estimate.mean(parts.map(\.value)) }
  /// Whether it is a convention in one of the groups.
  public var isConstant: Bool { parts.contains(where: \.isConstant) }

  /// φᵢ = c_g·n/(G·n_g)·φ of the item within its group g; they sum to zero in every group.
  ///
  /// c_g² = (n − 1)·n_g ÷ (n·(n_g − 1)) makes their mean square over n − 1, divided by n, the sum over groups of s²_g/n_g ÷ G²:
  /// the variance for new items of the same groups, which a group of few items would pass for smaller. A group of one item
  /// tells nothing of its own.
  /// Source: Cochran 1977, Sampling techniques, chapter 5 (the variance of a mean over strata).
  public var influence: [Double] {
    var all = [Double](repeating: 0, count: count)
    let n = Double(count)
    for (part, own) in zip(parts, items) where own.count > 1 {
      let size = Double(own.count)
      let correction = ((n - 1) * size / (n * (size - 1))).squareRoot()
      let weight = correction * n / (Double(parts.count) * size)
      for (item, value) in zip(own, part.influence) { all[item] = weight * value }
    }
    return all
  }

  /// The mean over the groups of which an item is there.
  public func value(weights: [Int]) -> Double {
    mean { part, own in
      let weights = own.map { weights[$0] }
      return weights.contains { $0 > 0 } ? part.value(weights: weights) : nil
    }
  }

  /// The mean over the groups of which an item is left.
  public func value(without item: Int) -> Double {
    mean { part, own in
      guard let place = own.firstIndex(of: item) else { return part.value }
      return own.count > 1 ? part.value(without: place) : nil
    }
  }

  /// Traps on a sample of other groups or of another metric.
  public func value(taking isTaken: [Bool], from other: GroupedSample) -> Double {
    precondition(other.items == items, "samples of other groups")
    let values = parts.indices.map { group in
      parts[group].value(taking: items[group].map { isTaken[$0] }, fromAny: other.parts[group])
    }
    return Estimate.mean(values)
  }

  private func mean(_ value: (any MetricSample, [Int]) -> Double?) -> Double {
    Estimate.mean(zip(parts, items).compactMap(value))
  }
}

extension MetricSample {
  fileprivate func value(taking isTaken: [Bool], fromAny other: any MetricSample) -> Double {
    guard let other = other as? Self else { preconditionFailure("samples of two metrics") }
    return value(taking: isTaken, from: other)
  }
}
