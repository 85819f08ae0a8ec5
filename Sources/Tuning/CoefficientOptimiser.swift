internal import Basics
internal import LinearAlgebra
internal import Merging
internal import Specs
internal import Training

/// AdamW over coefficients and over the logits of masks, each with a learning rate of its own.
final class CoefficientOptimiser {
  private let values: Matrix
  private let gradients: Matrix
  private let count: Int
  private let learning: CoefficientLearning
  private let parts: [(optimiser: AdamW, rate: Double)]

  /// - Parameters:
  ///   - values: The parameters: coefficients, then logits.
  ///   - gradients: Memory of the same size.
  init(_ values: Matrix, _ gradients: Matrix, coefficients count: Int, _ learning: CoefficientLearning) {
    self.values = values
    self.gradients = gradients
    self.count = count
    self.learning = learning
    func part(_ range: Range<Int>, _ rate: Double, decay: Double) -> (AdamW, Double)? {
      guard !range.isEmpty, rate > 0 else { return nil }
      let spec = TrainingSpec(learningRate: rate, weightDecay: decay, clip: 0)
      return (AdamW([(values.columns(range), gradients.columns(range))], spec: spec), rate)
    }
    parts = [
      part(0..<count, learning.learningRate, decay: learning.weightDecay),
      part(count..<values.columns, learning.mask?.learningRate ?? 0, decay: 0),
    ].compactMap { $0 }
  }

  /// One step; coefficients that left their range are moved back.
  ///
  /// - Returns: the gradient's norm before it was cut.
  /// - Throws: a `Diagnostic` where loss or gradient are no numbers any more.
  func step(_ gradient: [Double], loss: Double, number: Int) throws -> Double {
    let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard loss.isFinite, norm.isFinite else {
      throw Diagnostic(
        "the loss is no number any more at step \(number) of learning the merge",
        hint: "lower learning_rate (now \(learning.learningRate))")
    }
    // As PyTorch's clip_grad_norm_.
    let factor = learning.clip > 0 ? min(1, learning.clip / (norm + 1e-6)) : 1
    gradients.withMutableSpan { span in
      for i in 0..<span.count { span[i] = Float(gradient[i] * factor) }
    }
    for part in parts { part.optimiser.update(learningRate: part.rate) }
    if let range = learning.range, learning.learningRate > 0 {
      values.withMutableSpan { span in
        for i in 0..<count {
          span[i] = min(max(span[i], Float(range.lowerBound)), Float(range.upperBound))
        }
      }
    }
    return norm
  }
}
