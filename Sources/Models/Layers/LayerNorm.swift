internal import LinearAlgebra
internal import RealModule

/// Layer normalisation over the channels of each token (Ba, Kiros and Hinton 2016, arXiv:1607.06450).
///
/// y = gain ⊙ x̂ + bias, x̂ = (x − mean) · rstd, rstd = 1 / √(variance + ε).
enum LayerNorm {
  /// Adds a residual and normalises: x ← x + residual, in place of two passes.
  ///
  /// - Parameters:
  ///   - x: (T, C); on return x̂, which the backward pass needs.
  ///   - residual: (T, C), added first; nil adds nothing.
  ///   - rstd: (1, T), on return one number a token.
  ///   - y: (T, C), the result.
  static func forward(
    _ x: Matrix, adding residual: Matrix?, gain: Matrix, bias: Matrix, epsilon: Float, rstd: Matrix,
    into y: Matrix
  ) {
    let T = x.rows
    let C = x.columns
    if let residual { add(residual, to: x) }
    gain.withSpan { gain in
      bias.withSpan { bias in
        x.withMutableSpan { x in
          y.withMutableSpan { y in
            rstd.withMutableSpan { rstd in
              for t in 0..<T {
                rstd[t] = normalise(&x, t * C..<(t + 1) * C, epsilon)
                scale(x, &y, t * C..<(t + 1) * C, gain, bias)
              }
            }
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
  static func backward(
    _ dy: Matrix, normalised: Matrix, rstd: Matrix, gain: Matrix, dgain: Matrix? = nil, dbias: Matrix? = nil
  ) {
    let T = dy.rows
    let C = dy.columns
    if let dgain, let dbias { parameterGradients(dy, normalised, dgain, dbias) }
    gain.withSpan { gain in
      rstd.withSpan { rstd in
        normalised.withSpan { xhat in
          dy.withMutableSpan { dy in
            for t in 0..<T { gradient(&dy, xhat, t * C..<(t + 1) * C, gain, rstd[t]) }
          }
        }
      }
    }
  }

  private static func normalise(_ x: inout MutableSpan<Float>, _ range: Range<Int>, _ epsilon: Float) -> Float
  {
    precondition(range.upperBound <= x.count)
    var sum: Float = 0
    for i in range { sum = Relaxed.sum(sum, x[i]) }
    let mean = sum / Float(range.count)
    var squares: Float = 0
    for i in range {
      let d = x[i] - mean
      x[i] = d
      squares = Relaxed.multiplyAdd(d, d, squares)
    }
    let rstd = 1 / (squares / Float(range.count) + epsilon).squareRoot()
    for i in range { x[i] *= rstd }
    return rstd
  }

  private static func scale(
    _ x: borrowing MutableSpan<Float>, _ y: inout MutableSpan<Float>, _ range: Range<Int>,
    _ gain: Span<Float>,
    _ bias: Span<Float>
  ) {
    let start = range.lowerBound
    precondition(range.upperBound <= x.count && range.upperBound <= y.count)
    precondition(gain.count == range.count && bias.count == range.count)
    for c in 0..<gain.count { y[start + c] = x[start + c] * gain[c] + bias[c] }
  }

  private static func gradient(
    _ dy: inout MutableSpan<Float>, _ xhat: Span<Float>, _ range: Range<Int>, _ gain: Span<Float>,
    _ rstd: Float
  ) {
    let start = range.lowerBound
    precondition(range.upperBound <= dy.count && range.upperBound <= xhat.count && gain.count == range.count)
    var sum: Float = 0
    var dot: Float = 0
    for c in 0..<gain.count {
      let d = dy[start + c] * gain[c]
      dy[start + c] = d
      sum = Relaxed.sum(sum, d)
      dot = Relaxed.multiplyAdd(d, xhat[start + c], dot)
    }
    let mean = sum / Float(gain.count)
    let projection = dot / Float(gain.count)
    for i in range { dy[i] = rstd * (dy[i] - mean - xhat[i] * projection) }
  }

  private static func parameterGradients(_ dy: Matrix, _ normalised: Matrix, _ dgain: Matrix, _ dbias: Matrix)
  {
    let C = dy.columns
    dy.withSpan { dy in
      normalised.withSpan { xhat in
        dgain.withMutableSpan { dgain in
          dbias.withMutableSpan { dbias in
            for t in 0..<dy.count / C {
              for c in 0..<C {
                dgain[c] += dy[t * C + c] * xhat[t * C + c]
                dbias[c] += dy[t * C + c]
              }
            }
          }
        }
      }
    }
  }
}
