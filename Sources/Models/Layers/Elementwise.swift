public import LinearAlgebra

/// y ← y + x; both end to end and of one shape.
public func add(_ x: Matrix, to y: Matrix) {
  x.withSpan { x in
    y.withMutableSpan { y in
      precondition(x.count == y.count, "add \(x.count) to \(y.count)")
      for i in 0..<y.count { y[i] += x[i] }
    }
  }
}

/// y[t, c] ← y[t, c] + bias[c].
func addBias(_ bias: Matrix, to y: Matrix) {
  let C = y.columns
  bias.withSpan { bias in
    y.withMutableSpan { y in
      precondition(bias.count == C)
      for t in 0..<y.count / C {
        let start = t * C
        for c in 0..<bias.count { y[start + c] += bias[c] }
      }
    }
  }
}

/// dbias[c] ← dbias[c] + Σ_t dy[t, c].
func accumulateBiasGradient(_ dy: Matrix, into dbias: Matrix) {
  for t in 0..<dy.rows {
    add(dy.rows(t..<t + 1), to: dbias)
  }
}

/// The exact GELU, x·Φ(x) (Hendrycks and Gimpel 2016, arXiv:1606.08415).
enum GELU {
  /// y ← x · Φ(x).
  ///
  /// Shapes: x and y (T, F).
  static func forward(_ x: Matrix, into y: Matrix) {
    x.withSpan { x in
      y.withMutableSpan { y in
        precondition(x.count == y.count)
        for i in 0..<y.count { y[i] = x[i] * FastMath.normal(x[i]).distribution }
      }
    }
  }

  /// dy ← dy · (Φ(x) + x·φ(x)), φ(x) = e^(−x²/2) / √(2π).
  static func backward(_ dy: Matrix, input x: Matrix) {
    x.withSpan { x in
      dy.withMutableSpan { dy in
        precondition(x.count == dy.count)
        for i in 0..<dy.count {
          let normal = FastMath.normal(x[i])
          dy[i] *= normal.distribution + x[i] * 0.398_942_28 * normal.exponential
        }
      }
    }
  }
}
