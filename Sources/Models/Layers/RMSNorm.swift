package import LinearAlgebra
internal import RealModule

/// Root mean square normalisation over the channels of each token.
///
/// Source: Zhang and Sennrich 2019, arXiv:1910.07467. y = gain ⊙ x · rstd, rstd = 1 / √(mean(x²) + ε).
package enum RMSNorm {
  /// Normalises.
  ///
  /// - Parameters:
  ///   - x: (T, C); stays as it is, the backward pass reads it again.
  ///   - rstd: (1, T), on return one number a token.
  ///   - y: (T, C), the result.
  package static func forward(_ x: Matrix, gain: Matrix, epsilon: Float, rstd: Matrix, into y: Matrix) {
    gain.withSpan { gain in
      for t in 0..<x.rows {
        x.withRow(t) { x in
          let factor = 1 / (squares(x) / Float(x.count) + epsilon).squareRoot()
          rstd[0, t] = factor
          y.withMutableRow(t) { scale(x, gain, factor, into: &$0) }
        }
      }
    }
  }

  /// The same with numbers that are known: what the forward pass wrote, to the last bit.
  package static func again(_ x: Matrix, gain: Matrix, rstd: Matrix, into y: Matrix) {
    gain.withSpan { gain in
      for t in 0..<x.rows {
        x.withRow(t) { x in y.withMutableRow(t) { scale(x, gain, rstd[0, t], into: &$0) } }
      }
    }
  }

  /// dx ← dx + the gradient by x: rstd · (dy ⊙ gain − x̂ · mean(dy ⊙ gain ⊙ x̂)), x̂ = x · rstd.
  ///
  /// - Parameters:
  ///   - dy: (T, C).
  ///   - x: What was normalised, (T, C).
  ///   - dgain: (1, C), accumulated where the norm is trained.
  ///   - dx: (T, C).
  package static func backward(
    _ dy: Matrix, of x: Matrix, rstd: Matrix, gain: Matrix, dgain: Matrix? = nil, addingTo dx: Matrix
  ) {
    gain.withSpan { gain in
      for t in 0..<dy.rows {
        dy.withRow(t) { dy in
          x.withRow(t) { x in
            dx.withMutableRow(t) { add(dy, x, gain, rstd[0, t], to: &$0) }
            if let dgain { dgain.withMutableSpan { accumulate(dy, x, rstd[0, t], into: &$0) } }
          }
        }
      }
    }
  }

  // One row each: loops that start at 0 in all their spans vectorise.

  private static func squares(_ x: Span<Float>) -> Float {
    var sum: Float = 0
    for c in 0..<x.count { sum = Relaxed.multiplyAdd(x[c], x[c], sum) }
    return sum
  }

  private static func scale(
    _ x: Span<Float>, _ gain: Span<Float>, _ factor: Float, into y: inout MutableSpan<Float>
  ) {
    precondition(x.count == y.count && gain.count == y.count)
    for c in 0..<y.count { y[c] = x[c] * factor * gain[c] }
  }

  private static func add(
    _ dy: Span<Float>, _ x: Span<Float>, _ gain: Span<Float>, _ rstd: Float,
    to dx: inout MutableSpan<Float>
  ) {
    precondition(x.count == dx.count && gain.count == dx.count && dy.count == dx.count)
    var dot: Float = 0
    for c in 0..<dx.count { dot = Relaxed.multiplyAdd(dy[c] * gain[c], x[c], dot) }
    let along = dot * rstd * rstd / Float(dx.count)
    for c in 0..<dx.count { dx[c] += rstd * (dy[c] * gain[c] - x[c] * along) }
  }

  private static func accumulate(
    _ dy: Span<Float>, _ x: Span<Float>, _ rstd: Float, into dgain: inout MutableSpan<Float>
  ) {
    precondition(x.count == dgain.count && dy.count == dgain.count)
    for c in 0..<dgain.count { dgain[c] += dy[c] * x[c] * rstd }
  }
}
