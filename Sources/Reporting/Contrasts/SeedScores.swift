package import Statistics

/// What one model scores on one task by one metric: by seed, and by seed and item where predictions are there.
///
/// Numbers are turned so that more is better.
package struct SeedScores: Sendable {
  /// Nil for a model without seeds: a base or a floor that all share.
  package var seeds: [Int?]
  /// The metric of each seed.
  package var values: [Double]
  /// Pseudo-scores of each seed: their mean is the metric.
  ///
  /// Nil without predictions.
  package var items: [[Double]]?
  /// A number for each item that two models share where they answer alike, mean over seeds; nil without predictions.
  package var answers: [Double]?
  /// Whether a seed predicts one class for nearly all items, or scores no more than a floor that others of its kind pass.
  package var isCollapsed: [Bool]
  /// What a constant answer scores; nil where that is not known.
  package var floor: Double?
  /// Whether the metric of a seed is a convention: a correlation with something constant.
  package var isConstant: Bool

  /// Scores of some seeds; traps on lists of two lengths.
  package init(
    seeds: [Int?], values: [Double], items: [[Double]]? = nil, answers: [Double]? = nil,
    isCollapsed: [Bool]? = nil, isConstant: Bool = false
  ) {
    precondition(
      seeds.count == values.count && items?.count ?? seeds.count == seeds.count, "scores of other seeds")
    self.seeds = seeds
    self.values = values
    self.items = items
    self.answers = answers
    self.isCollapsed = isCollapsed ?? seeds.map { _ in false }
    self.isConstant = isConstant
  }

  /// Whether another seed would have given another model.
  package var hasSeeds: Bool { seeds.contains { $0 != nil } }

  /// Its mean squares; nil without predictions or without a seed.
  package var crossed: CrossedScores? {
    guard let items, let first = items.first, !first.isEmpty else { return nil }
    return CrossedScores(items)
  }

  /// What each seed scores above another model of the same seed; traps on other seeds.
  func above(_ other: SeedScores) -> SeedScores {
    precondition(seeds == other.seeds, "scores of other seeds")
    var result = self
    result.values = zip(values, other.values).map { $0 - $1 }
    result.items = items.flatMap { rows in
      other.items.map { others in zip(rows, others).map { zip($0, $1).map { $0 - $1 } } }
    }
    return result
  }

  /// The scores of some of the seeds, in their order.
  package func of(_ wanted: [Int?]) -> SeedScores {
    let places = wanted.compactMap { seed in seeds.firstIndex(of: seed) }
    var result = self
    result.seeds = places.map { seeds[$0] }
    result.values = places.map { values[$0] }
    result.items = items.map { rows in places.map { rows[$0] } }
    result.isCollapsed = places.map { isCollapsed[$0] }
    return result
  }
}
