public import LinearAlgebra

/// Runs element-wise passes over blocks of rows that stay in the cache from one pass to the next: what a fused kernel
/// would save, with passes that stay simple.
package func inRowBlocks(_ x: Matrix, _ body: (Range<Int>) -> Void) {
  inRowBlocks(rows: x.rows, columns: x.columns, body)
}

/// The same for rows of a matrix of so many columns.
package func inRowBlocks(rows: Int, columns: Int, _ body: (Range<Int>) -> Void) {
  // 16 K floats: a matrix or two of a block fit into a first-level cache, all of them into the second.
  let size = max(1, (16 << 10) / max(1, columns))
  var start = 0
  while start < rows {
    let end = min(rows, start + size)
    body(start..<end)
    start = end
  }
}

/// y ← y + x; both end to end and of one shape.
public func add(_ x: Matrix, to y: Matrix) {
  x.withSpan { x in
    y.withMutableSpan { y in
      precondition(x.count == y.count, "add \(x.count) to \(y.count)")
      for i in 0..<y.count { y[i] += x[i] }
    }
  }
}

/// y ← y ⊙ x; both end to end and of one shape.
package func multiply(_ y: Matrix, by x: Matrix) {
  x.withSpan { x in
    y.withMutableSpan { y in
      precondition(x.count == y.count, "multiply \(y.count) by \(x.count)")
      for i in 0..<y.count { y[i] *= x[i] }
    }
  }
}

/// y[t, c] ← y[t, c] + bias[c].
///
/// A row at a time: loops that start at 0 in all their spans vectorise, those with an offset in one of them do not.
package func addBias(_ bias: Matrix, to y: Matrix) {
  bias.withSpan { bias in
    for t in 0..<y.rows {
      y.withMutableRow(t) { y in
        precondition(bias.count == y.count, "a bias of \(bias.count) for \(y.count) columns")
        for c in 0..<y.count { y[c] += bias[c] }
      }
    }
  }
}

/// y[t, c] ← (y[t, c] + bias[c]) + x[t, c]: a layer's bias and what goes around it.
package func addBias(_ bias: Matrix, residual x: Matrix, to y: Matrix) {
  bias.withSpan { bias in
    for t in 0..<y.rows {
      x.withRow(t) { x in
        y.withMutableRow(t) { y in
          precondition(bias.count == y.count && x.count == y.count)
          for c in 0..<y.count { y[c] = (y[c] + bias[c]) + x[c] }
        }
      }
    }
  }
}

/// dbias[c] ← dbias[c] + Σ_t dy[t, c].
package func accumulateBiasGradient(_ dy: Matrix, into dbias: Matrix) {
  for t in 0..<dy.rows {
    add(dy.rows(t..<t + 1), to: dbias)
  }
}
