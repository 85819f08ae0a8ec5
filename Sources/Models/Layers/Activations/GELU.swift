internal import LinearAlgebra

extension Activation {
  /// The exact GELU, x·Φ(x) (Hendrycks and Gimpel 2016, arXiv:1606.08415).
  static let gelu = Activation(
    name: "gelu", summary: "x·Φ(x), exact",
    forward: { x, y in
      x.withSpan { x in
        y.withMutableSpan { y in
          precondition(x.count == y.count)
          for i in 0..<y.count { y[i] = x[i] * FastMath.normal(x[i]).distribution }
        }
      }
    },
    // Φ(x) + x·φ(x), φ(x) = e^(−x²/2) / √(2π).
    backward: { dy, x in
      x.withSpan { x in
        dy.withMutableSpan { dy in
          precondition(x.count == dy.count)
          for i in 0..<dy.count {
            let normal = FastMath.normal(x[i])
            dy[i] *= normal.distribution + x[i] * 0.398_942_28 * normal.exponential
          }
        }
      }
    })
}
