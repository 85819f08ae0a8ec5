package import LinearAlgebra

/// The residual that brings the pooled vectors of a merged model close to those of an expert.
///
/// Minimises the mean of |z − U·ReLU(D·z) − z*| over all numbers by Adam over all texts at once.
/// Source: Yang et al. 2024, arXiv:2402.02705, section 4, whose code draws a batch of 16 for every step.
/// Cost: 8·n·k·C FLOPs an iteration.
package enum SurgeryFit {
  /// D (k, C) and U (C, k), flat, one after the other.
  package struct Parameters: Sendable {
    /// D.
    package var down: DoubleMatrix
    /// U.
    package var up: DoubleMatrix

    /// Joins two matrices.
    package init(down: DoubleMatrix, up: DoubleMatrix) {
      self.down = down
      self.up = up
    }
  }

  /// The loss and its gradients.
  ///
  /// - Parameters:
  ///   - z: Pooled vectors of the merged model, (n, C).
  ///   - wanted: Those of the expert, (n, C).
  package static func gradient(
    _ parameters: Parameters, _ z: DoubleMatrix, _ wanted: DoubleMatrix
  ) -> (loss: Double, gradient: Parameters) {
    var inner = DoubleMatrix.product(z, parameters.down, transposeB: true)
    for i in inner.values.indices { inner.values[i] = max(0, inner.values[i]) }
    var error = z - DoubleMatrix.product(inner, parameters.up, transposeB: true) - wanted
    let share = 1 / Double(max(1, error.values.count))
    var loss = 0.0
    for i in error.values.indices {
      loss += share * abs(error.values[i])
      error.values[i] = error.values[i] > 0 ? -share : (error.values[i] < 0 ? share : 0)
    }
    // in the forward pass this was: ẑ = z − inner·Uᵀ; `error` is −dẑ now
    let up = DoubleMatrix.product(error, inner, transposeA: true)
    var dinner = error * parameters.up
    for i in dinner.values.indices where inner.values[i] <= 0 { dinner.values[i] = 0 }
    return (loss, Parameters(down: DoubleMatrix.product(dinner, z, transposeA: true), up: up))
  }

  /// The residual after some steps from a start; `up` zero at the start makes the first one the identity.
  package static func fit(
    from start: Parameters, _ z: DoubleMatrix, _ wanted: DoubleMatrix, iterations: Int, rate: Double
  ) -> Parameters {
    var current = start
    let split = start.down.values.count
    var flat = start.down.values + start.up.values
    var adam = AdamLoop(count: flat.count, rate: rate)
    for _ in 0..<iterations {
      let gradient = gradient(current, z, wanted).gradient
      adam.step(&flat, gradient.down.values + gradient.up.values)
      current.down.values = Array(flat.prefix(split))
      current.up.values = Array(flat.dropFirst(split))
    }
    return current
  }
}
