package import LinearAlgebra
internal import RealModule

/// Layer normalisation over the channels of each token (Ba, Kiros and Hinton 2016, arXiv:1607.06450).
///
/// y = gain ⊙ x̂ + bias, x̂ = (x − mean) · rstd, rstd = 1 / √(variance + ε).
package enum LayerNorm {
  /// Normalises.
  ///
  /// - Parameters:
  ///   - x: (T, C); on return x̂, which the backward pass needs.
  ///   - rstd: (1, T), on return one number a token.
  ///   - y: (T, C), the result.
  package static func forward(
    _ x: Matrix, gain: Matrix, bias: Matrix, epsilon: Float, rstd: Matrix, into y: Matrix
  ) {
    gain.withSpan { gain in
      bias.withSpan { bias in
        for t in 0..<x.rows {
          x.withMutableRow(t) { x in
            rstd[0, t] = normalise(&x, epsilon)
            y.withMutableRow(t) { scale(x, gain, bias, into: &$0) }
          }
        }
      }
    }
  }

  /// The gradient by x: dx = rstd · (dx̂ − mean(dx̂) − x̂ · mean(dx̂ ⊙ x̂)), dx̂ = dy ⊙ gain.
  ///
  /// - Parameters:
  ///   - dy: (T, C); on return dx.
  ///   - normalised: x̂ of the forward pass, (T, C).
  ///   - dgain: (1, C), accumulated with `dbias` where the norm is trained.
  package static func backward(
    _ dy: Matrix, normalised: Matrix, rstd: Matrix, gain: Matrix, dgain: Matrix? = nil, dbias: Matrix? = nil
  ) {
    if let dgain, let dbias { parameterGradients(dy, normalised, dgain, dbias) }
    gain.withSpan { gain in
      for t in 0..<dy.rows {
        normalised.withRow(t) { xhat in
          dy.withMutableRow(t) { gradient(&$0, xhat, gain, rstd[0, t]) }
        }
      }
    }
  }

  // One row each: loops that start at 0 in all their spans vectorise.

  private static func normalise(_ x: inout MutableSpan<Float>, _ epsilon: Float) -> Float {
    var sum: Float = 0
    for i in 0..<x.count { sum = Relaxed.sum(sum, x[i]) }
    let mean = sum / Float(x.count)
    var squares: Float = 0
    for i in 0..<x.count {
      let d = x[i] - mean
      x[i] = d
      squares = Relaxed.multiplyAdd(d, d, squares)
    }
    let rstd = 1 / (squares / Float(x.count) + epsilon).squareRoot()
    for i in 0..<x.count { x[i] *= rstd }
    return rstd
  }

  private static func scale(
    _ x: borrowing MutableSpan<Float>, _ gain: Span<Float>, _ bias: Span<Float>,
    into y: inout MutableSpan<Float>
  ) {
    precondition(x.count == y.count && gain.count == y.count && bias.count == y.count)
    for c in 0..<y.count { y[c] = x[c] * gain[c] + bias[c] }
  }

  private static func gradient(
    _ dy: inout MutableSpan<Float>, _ xhat: Span<Float>, _ gain: Span<Float>, _ rstd: Float
  ) {
    precondition(xhat.count == dy.count && gain.count == dy.count)
    var sum: Float = 0
    var dot: Float = 0
    for c in 0..<dy.count {
      let d = dy[c] * gain[c]
      dy[c] = d
      sum = Relaxed.sum(sum, d)
      dot = Relaxed.multiplyAdd(d, xhat[c], dot)
    }
    let mean = sum / Float(dy.count)
    let projection = dot / Float(dy.count)
    for c in 0..<dy.count { dy[c] = rstd * (dy[c] - mean - xhat[c] * projection) }
  }

  private static func parameterGradients(
    _ dy: Matrix, _ normalised: Matrix, _ dgain: Matrix, _ dbias: Matrix
  ) {
    for t in 0..<dy.rows {
      dy.withRow(t) { dy in
        normalised.withRow(t) { xhat in
          dgain.withMutableSpan { dgain in
            precondition(dy.count == dgain.count && xhat.count == dgain.count)
            for c in 0..<dgain.count { dgain[c] += dy[c] * xhat[c] }
          }
        }
      }
      add(dy.rows(t..<t + 1), to: dbias)
    }
  }
}
