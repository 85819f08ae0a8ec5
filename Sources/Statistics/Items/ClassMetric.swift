/// Metrics of labels, as functions of the shares of right, wanted and predicted items of each class.
public enum ClassMetric: Sendable, CaseIterable {
  /// Share of right labels.
  case accuracy
  /// Mean F1 of the classes that occur.
  case macroF1
  /// F1 of the classes weighted by how many items want them.
  case weightedF1
  /// Matthews' correlation for any number of classes (Gorodkin 2004).
  case matthews

  /// The sufficient statistics of some predictions; labels count from 0 below `classes`.
  public func sample(_ predictions: [Int], _ targets: [Int], classes: Int) -> AdditiveSample {
    sample(predictions.map { [$0] }, targets.map { [$0] }, classes: classes)
  }

  /// Those of items with several labels each or none, without repeats; F1 metrics alone measure these.
  public func sample(_ predictions: [[Int]], _ targets: [[Int]], classes: Int) -> AdditiveSample {
    precondition(
      predictions.count == targets.count, "\(predictions.count) predictions, \(targets.count) targets")
    let items = zip(predictions, targets).map { prediction, target in
      target.map { (column: classes + $0, number: 1.0) }
        + prediction.map { (column: 2 * classes + $0, number: 1.0) }
        + prediction.filter(target.contains).map { (column: $0, number: 1.0) }
    }
    return AdditiveSample(width: 3 * classes, items: items, form: form(classes))
  }

  private func form(_ classes: Int) -> AdditiveSample.Form {
    switch self {
    case .accuracy:
      AdditiveSample.Form(
        value: { ClassShares($0, classes).right.reduce(0, +) },
        gradient: { _ in (0..<3 * classes).map { $0 < classes ? 1 : 0 } })
    case .macroF1:
      AdditiveSample.Form(
        value: { shares in
          let shares = ClassShares(shares, classes)
          let occurring = shares.occurring
          return occurring.reduce(0) { $0 + shares.f1($1) } / Double(max(1, occurring.count))
        },
        gradient: { shares in
          let shares = ClassShares(shares, classes)
          return shares.f1Gradient(
            weights: [Double](repeating: 1 / Double(shares.occurring.count), count: classes))
        })
    case .weightedF1:
      AdditiveSample.Form(
        value: { shares in
          let shares = ClassShares(shares, classes)
          return shares.weightedF1
        },
        gradient: { shares in
          let shares = ClassShares(shares, classes)
          let all = shares.allWanted
          guard all > 0 else { return [Double](repeating: 0, count: 3 * classes) }
          var gradient = shares.f1Gradient(weights: shares.wanted.map { $0 / all })
          for k in shares.occurring { gradient[classes + k] += (shares.f1(k) - shares.weightedF1) / all }
          return gradient
        })
    case .matthews:
      AdditiveSample.Form(
        value: { ClassShares($0, classes).matthews }, gradient: { ClassShares($0, classes).matthewsGradient },
        isConstant: { !ClassShares($0, classes).varies })
    }
  }
}

/// Shares of all items: right, wanted and predicted of each class.
private struct ClassShares {
  let right: [Double]
  let wanted: [Double]
  let predicted: [Double]

  init(_ means: [Double], _ classes: Int) {
    right = Array(means[0..<classes])
    wanted = Array(means[classes..<2 * classes])
    predicted = Array(means[2 * classes..<3 * classes])
  }

  var occurring: [Int] { right.indices.filter { wanted[$0] + predicted[$0] > 0 } }

  func f1(_ k: Int) -> Double { 2 * right[k] / (wanted[k] + predicted[k]) }

  /// Labels an item wants on average: 1 where each has one.
  var allWanted: Double { wanted.reduce(0, +) }

  var weightedF1: Double {
    guard allWanted > 0 else { return 0 }
    return min(1, occurring.reduce(0) { $0 + wanted[$1] * f1($1) } / allWanted)
  }

  /// ∇ Σ weightₖ·F1ₖ with the weights held: 2/b by the right ones, −F1/b by wanted and predicted.
  func f1Gradient(weights: [Double]) -> [Double] {
    let classes = right.count
    var gradient = [Double](repeating: 0, count: 3 * classes)
    for k in occurring {
      let size = wanted[k] + predicted[k]
      gradient[k] = 2 * weights[k] / size
      gradient[classes + k] = -weights[k] * f1(k) / size
      gradient[2 * classes + k] = gradient[classes + k]
    }
    return gradient
  }

  /// 1 − Σ p² and 1 − Σ t².
  private var spreads: (predicted: Double, wanted: Double) {
    (1 - predicted.reduce(0) { $0 + $1 * $1 }, 1 - wanted.reduce(0) { $0 + $1 * $1 })
  }

  var varies: Bool { min(spreads.predicted, spreads.wanted) > 1e-12 }

  var matthews: Double {
    guard varies else { return 0 }
    let shared = right.reduce(0, +) - zip(predicted, wanted).reduce(0) { $0 + $1.0 * $1.1 }
    return max(-1, min(1, shared / (spreads.predicted * spreads.wanted).squareRoot()))
  }

  var matthewsGradient: [Double] {
    let classes = right.count
    guard varies else { return [Double](repeating: 0, count: 3 * classes) }
    let (p, t) = spreads
    let norm = 1 / (p * t).squareRoot()
    let value = matthews
    return right.map { _ in norm }
      + (0..<classes).map { -predicted[$0] * norm + value * wanted[$0] / t }
      + (0..<classes).map { -wanted[$0] * norm + value * predicted[$0] / p }
  }
}
