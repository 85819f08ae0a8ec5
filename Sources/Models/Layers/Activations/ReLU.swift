internal import LinearAlgebra

extension Activation {
  /// max(0, x); its slope at 0 is 0, as PyTorch has it.
  static let relu = Activation(
    name: "relu", summary: "max(0, x)",
    forward: { x, y in
      x.withSpan { x in
        y.withMutableSpan { y in
          precondition(x.count == y.count)
          for i in 0..<y.count { y[i] = max(0, x[i]) }
        }
      }
    },
    backward: { dy, x in
      x.withSpan { x in
        dy.withMutableSpan { dy in
          precondition(x.count == dy.count)
          for i in 0..<dy.count { dy[i] = x[i] > 0 ? dy[i] : 0 }
        }
      }
    })
}
