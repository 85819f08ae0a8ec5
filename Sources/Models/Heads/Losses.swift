public import LinearAlgebra
internal import Foundation

/// Losses of one item and their gradients by the logits; losses are Double.
public enum Loss {
  /// −log softmax(logits)[label]. On return the row of logits holds weight · dloss/dlogits.
  public static func crossEntropy(_ logits: Matrix, label: Int, weight: Float) -> Double {
    let k = logits.columns
    precondition(label >= 0 && label < k, "label \(label) of \(k)")
    let probabilities = softmax(logits)
    for i in 0..<k { logits[0, i] = weight * (Float(probabilities[i]) - (i == label ? 1 : 0)) }
    return -log(max(probabilities[label], 1e-45))
  }

  /// The mean cross-entropy of many rows, (n, V); on return they hold the gradient by the logits.
  ///
  /// Probabilities are Float and rows are summed in order: made for a vocabulary, where the form above is slow.
  public static func crossEntropy(_ logits: Matrix, labels: [Int]) -> Double {
    precondition(labels.count == logits.rows, "\(labels.count) labels for \(logits.rows) rows")
    Attention.softmax(logits)
    let weight = 1 / Float(labels.count)
    scale(logits, by: weight)
    var sum = 0.0
    for (row, label) in labels.enumerated() {
      sum -= log(max(Double(logits[row, label]) * Double(labels.count), 1e-45))
      logits[row, label] -= weight
    }
    return sum / Double(labels.count)
  }

  /// (value − target)². On return the row holds weight · dloss/dlogits.
  ///
  /// With one output the value is the output; with anchors it is the mean of the anchors' values under
  /// softmax(logits), so that a frozen label head can predict a number.
  public static func squaredError(_ logits: Matrix, target: Double, anchors: [Double], weight: Float) -> Double {
    let value = predictedValue(logits, anchors: anchors)
    let dvalue = 2 * (value - target)
    if anchors.isEmpty {
      logits[0, 0] = weight * Float(dvalue)
    } else {
      let probabilities = softmax(logits)
      for i in 0..<anchors.count {
        logits[0, i] = weight * Float(dvalue * probabilities[i] * (anchors[i] - value))
      }
    }
    return (value - target) * (value - target)
  }

  /// The number that a row of outputs stands for.
  public static func predictedValue(_ logits: Matrix, anchors: [Double]) -> Double {
    if anchors.isEmpty { return Double(logits[0, 0]) }
    return zip(softmax(logits), anchors).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The index of the largest number of a row; the first of equals.
  public static func argmax(_ logits: Matrix, row: Int) -> Int {
    var best = 0
    for i in 1..<max(1, logits.columns) where logits[row, i] > logits[row, best] { best = i }
    return best
  }

  static func softmax(_ logits: Matrix) -> [Double] {
    let values = (0..<logits.columns).map { Double(logits[0, $0]) }
    let largest = values.max() ?? 0
    let exponentials = values.map { exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
}
