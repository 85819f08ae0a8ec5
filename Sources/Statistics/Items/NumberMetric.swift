/// Metrics of numbers, as functions of means of products.
public enum NumberMetric: Sendable, CaseIterable {
  /// Mean squared error.
  case meanSquaredError
  /// 1 − mse ÷ variance of the targets.
  case rSquared
  /// Linear correlation.
  case pearson

  /// The sufficient statistics of some predictions.
  ///
  /// Numbers are moved and scaled by the sample's own mean and deviation first, so that products do not cancel.
  public func sample(_ predictions: [Double], _ targets: [Double]) -> AdditiveSample {
    precondition(
      predictions.count == targets.count, "\(predictions.count) predictions, \(targets.count) targets")
    let errors = zip(predictions, targets).map { ($0 - $1) * ($0 - $1) }
    switch self {
    case .meanSquaredError:
      return AdditiveSample(
        width: 1, items: errors.map { [(0, $0)] },
        form: AdditiveSample.Form(value: { $0[0] }, gradient: { _ in [1] }))
    case .rSquared:
      let scale = Standard(targets)
      let items = zip(errors, targets.map(scale.apply)).map { error, t in
        [(column: 0, number: error * scale.factor * scale.factor), (1, t), (2, t * t)]
      }
      return AdditiveSample(width: 3, items: items, form: NumberMetric.determination)
    case .pearson:
      let first = Standard(predictions)
      let second = Standard(targets)
      let items = zip(predictions.map(first.apply), targets.map(second.apply)).map { a, b in
        [(column: 0, number: a), (1, b), (2, a * a), (3, b * b), (4, a * b)]
      }
      return AdditiveSample(width: 5, items: items, form: NumberMetric.correlation)
    }
  }

  /// Of the means of e², t and t², t of about unit variance.
  private static let determination = AdditiveSample.Form(
    value: { means in
      let variance = means[2] - means[1] * means[1]
      if variance <= 1e-13 { return means[0] == 0 ? 1 : 0 }
      return 1 - means[0] / variance
    },
    gradient: { means in
      let variance = means[2] - means[1] * means[1]
      if variance <= 1e-13 { return [0, 0, 0] }
      let slope = means[0] / (variance * variance)
      return [-1 / variance, -2 * means[1] * slope, slope]
    },
    isConstant: { $0[2] - $0[1] * $0[1] <= 1e-13 })

  /// Of the means of a, b, a², b² and ab, both of about unit variance.
  private static let correlation = AdditiveSample.Form(
    value: { means in
      let a = means[2] - means[0] * means[0]
      let b = means[3] - means[1] * means[1]
      if min(a, b) <= 1e-13 { return 0 }
      return max(-1, min(1, (means[4] - means[0] * means[1]) / (a * b).squareRoot()))
    },
    gradient: { means in
      let a = means[2] - means[0] * means[0]
      let b = means[3] - means[1] * means[1]
      if min(a, b) <= 1e-13 { return [0, 0, 0, 0, 0] }
      let norm = 1 / (a * b).squareRoot()
      let r = (means[4] - means[0] * means[1]) * norm
      return [
        -means[1] * norm + r * means[0] / a, -means[0] * norm + r * means[1] / b, -r / (2 * a), -r / (2 * b),
        norm,
      ]
    },
    isConstant: { min($0[2] - $0[0] * $0[0], $0[3] - $0[1] * $0[1]) <= 1e-13 })

  /// (x − mean)·factor, all zero for constant numbers.
  private struct Standard {
    let mean: Double
    let factor: Double

    init(_ values: [Double]) {
      let isFlat = values.allSatisfy { $0 == values[0] }
      mean = isFlat ? values[0] : Estimate.mean(values)
      let mean = self.mean
      let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      factor = square > 0 ? 1 / square.squareRoot() : 1
    }

    func apply(_ value: Double) -> Double { (value - mean) * factor }
  }
}
