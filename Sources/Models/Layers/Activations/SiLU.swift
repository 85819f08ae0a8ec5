internal import LinearAlgebra

extension Activation {
  /// x·σ(x), the Swish of slope 1.
  ///
  /// Source: Ramachandran et al. 2017, arXiv:1710.05941.
  static let silu = Activation(
    name: "silu", summary: "x·σ(x)",
    forward: { x, y in
      x.withSpan { x in
        y.withMutableSpan { y in
          precondition(x.count == y.count)
          for i in 0..<y.count { y[i] = x[i] / (1 + FastMath.exp(-x[i])) }
        }
      }
    },
    // σ(x)·(1 + x·(1 − σ(x))).
    backward: { dy, x in
      x.withSpan { x in
        dy.withMutableSpan { dy in
          precondition(x.count == dy.count)
          for i in 0..<dy.count {
            let share = 1 / (1 + FastMath.exp(-x[i]))
            dy[i] *= share * (1 + x[i] * (1 - share))
          }
        }
      }
    })
}
