/// What a metric needs of one model's predictions on the items of a split, so that it can be computed again for other items.
///
/// An item is a text, a document or a sentence: what was sampled, never an entity or a word inside.
public protocol MetricSample: Sendable {
  /// n.
  var count: Int { get }
  /// The metric.
  var value: Double { get }
  /// φ: how the metric changes with the weight of each item, by the delta method; Σ φ = 0.
  ///
  /// θ(sample) − θ(population) = mean φ + o(n^−½), so that `value` + φ are pseudo-scores: their mean is the metric and
  /// their variance over items is its item noise.
  var influence: [Double] { get }
  /// Whether the metric is a convention and no measurement: a correlation with something constant.
  var isConstant: Bool { get }
  /// The metric where item i occurs `weights[i]` times; the weights sum to n.
  func value(weights: [Int]) -> Double
  /// The metric of all items but one.
  func value(without item: Int) -> Double
  /// The metric where the predictions of some items come from another model.
  func value(taking isTaken: [Bool], from other: Self) -> Double
}

extension MetricSample {
  /// θ + φᵢ: the metric as a mean of items.
  public var pseudoScores: [Double] {
    let center = value
    return influence.map { center + $0 }
  }
}
