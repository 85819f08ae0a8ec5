public import Checkpoints
public import LinearAlgebra

/// One vector for each row of a packed batch.
public enum Pool {
  /// The mean over the row's tokens, or its first or last token.
  ///
  /// Shapes: hidden (T, C), pooled (R, C), overwritten.
  public static func forward(_ hidden: Matrix, _ batch: PackedBatch, _ pooling: Pooling, into pooled: Matrix)
  {
    for row in 0..<batch.rows {
      let y = pooled.rows(row..<row + 1)
      let tokens = batch.range(row)
      switch pooling {
      case .cls: y.copy(from: hidden.rows(tokens.lowerBound..<tokens.lowerBound + 1))
      case .last: y.copy(from: hidden.rows(tokens.upperBound - 1..<tokens.upperBound))
      case .mean:
        y.fill(0)
        for t in tokens { add(hidden.rows(t..<t + 1), to: y) }
        scale(y, by: 1 / Float(tokens.count))
      }
    }
  }

  /// Adds the gradient of one row's vector to dhidden, (T, C).
  ///
  /// Shape of dpooled: (1, C).
  public static func backward(
    _ dpooled: Matrix, row: Int, _ batch: PackedBatch, _ pooling: Pooling, into dhidden: Matrix
  ) {
    let tokens = batch.range(row)
    switch pooling {
    case .cls: add(dpooled, to: dhidden.rows(tokens.lowerBound..<tokens.lowerBound + 1))
    case .last: add(dpooled, to: dhidden.rows(tokens.upperBound - 1..<tokens.upperBound))
    case .mean:
      // in the forward pass this was: y = Σ h / L
      scale(dpooled, by: 1 / Float(tokens.count))
      for t in tokens { add(dpooled, to: dhidden.rows(t..<t + 1)) }
    }
  }
}

/// x ← factor · x.
func scale(_ x: Matrix, by factor: Float) {
  x.withMutableSpan { x in
    for i in 0..<x.count { x[i] *= factor }
  }
}
