internal import Foundation
public import LinearAlgebra

/// Losses of one item and their gradients by the logits; losses are Double.
public enum Loss {
  /// −log softmax(logits)[label].
  ///
  /// On return the row of logits holds weight · dloss/dlogits.
  public static func crossEntropy(_ logits: Matrix, label: Int, weight: Float) -> Double {
    let k = logits.columns
    precondition(label >= 0 && label < k, "label \(label) of \(k)")
    let (largest, sum) = normaliser(logits)
    var probability = 0.0
    for i in 0..<k {
      let p = exp(Double(logits[0, i]) - largest) / sum
      if i == label { probability = p }
      logits[0, i] = weight * (Float(p) - (i == label ? 1 : 0))
    }
    return -log(max(probability, 1e-45))
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

  /// (output − target)² of a row of one output.
  ///
  /// On return it holds weight · dloss/doutput.
  public static func squaredError(_ logits: Matrix, target: Double, weight: Float) -> Double {
    let difference = Double(logits[0, 0]) - target
    logits[0, 0] = weight * Float(2 * difference)
    return difference * difference
  }

  /// Cross-entropy against a number spread over the two anchors around it, so that their mean is the number.
  ///
  /// Its gradient does not vanish where the softmax is sure and wrong, as that of a squared error of the mean does
  /// (Imani and White 2018, arXiv:1806.04613, on regression by histograms). A target beyond the anchors counts as the
  /// outermost one. On return the row holds weight · dloss/dlogits.
  ///
  /// - Parameter anchors: The values of the outputs, in any order, without repeats.
  public static func anchoredCrossEntropy(
    _ logits: Matrix, target: Double, anchors: [Double], weight: Float
  ) -> Double {
    let shares = spread(target, over: anchors)
    let probabilities = softmax(logits)
    var loss = 0.0
    for i in anchors.indices {
      if shares[i] > 0 { loss -= shares[i] * log(max(probabilities[i], 1e-45)) }
      logits[0, i] = weight * Float(probabilities[i] - shares[i])
    }
    return loss
  }

  /// Shares of the two anchors around a number.
  static func spread(_ target: Double, over anchors: [Double]) -> [Double] {
    var shares = anchors.map { _ in 0.0 }
    let below = anchors.indices.filter { anchors[$0] <= target }.max { anchors[$0] < anchors[$1] }
    let above = anchors.indices.filter { anchors[$0] > target }.min { anchors[$0] < anchors[$1] }
    switch (below, above) {
    case (let below?, let above?):
      let share = (target - anchors[below]) / (anchors[above] - anchors[below])
      shares[below] = 1 - share
      shares[above] = share
    case (let one?, nil), (nil, let one?): shares[one] = 1
    case (nil, nil): break
    }
    return shares
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

  /// The probabilities of a row of logits.
  package static func softmax(_ logits: Matrix) -> [Double] {
    let (largest, sum) = normaliser(logits)
    return (0..<logits.columns).map { exp(Double(logits[0, $0]) - largest) / sum }
  }

  /// The largest logit m of a row, and Σ e^(logit − m).
  private static func normaliser(_ logits: Matrix) -> (largest: Double, sum: Double) {
    var largest = -Double.infinity
    for i in 0..<logits.columns { largest = max(largest, Double(logits[0, i])) }
    var sum = 0.0
    for i in 0..<logits.columns { sum += exp(Double(logits[0, i]) - largest) }
    return (largest, sum)
  }
}
