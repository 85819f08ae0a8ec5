package import LinearAlgebra
internal import RealModule

/// Multi-head self-attention over each row of a packed batch.
///
/// Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.
/// For head h of a row of L tokens: P = softmax(Q·Kᵀ / √D + bias by distance), context = P·V; no row sees another one.
package enum Attention {
  /// Floats of the probabilities of a batch: Σ L² · H.
  package static func probabilityCount(_ batch: PackedBatch, heads H: Int) -> Int {
    (0..<batch.rows).reduce(0) { $0 + batch.range($1).count * batch.range($1).count * H }
  }

  /// - Parameters:
  ///   - qkv: (T, 3C): queries, keys and values side by side, before their bias; on return with it.
  ///   - bias: (1, 3C).
  ///   - distances: What is added to a score by how far its key stands behind its query, (H, 2M − 1) for rows of at most M
  ///     tokens, distance 0 in the middle; nil where nothing is.
  ///   - probabilities: P of all rows and heads in order, saved for the backward pass.
  ///   - context: (T, C), the result.
  ///   - workspace: Scratch for a row of a result that is rounded.
  package static func forward(
    _ qkv: Matrix, bias: Matrix, distances: Matrix? = nil, batch: PackedBatch, heads H: Int,
    probabilities: Matrix, into context: Operand, workspace: Workspace
  ) {
    let C = context.columns
    let D = C / H
    let scale = 1 / Float(D).squareRoot()
    var offset = 0
    for row in 0..<batch.rows {
      let tokens = batch.range(row)
      let L = tokens.count
      let qkv = qkv.rows(tokens)
      addBias(bias, to: qkv)
      // The scores of all heads lie end to end: one softmax over H·L rows.
      let scores = probabilities.columns(offset..<offset + H * L * L).reshaped(rows: H * L, columns: L)
      offset += H * L * L
      for h in 0..<H {
        let (q, k, _) = heads(qkv, h, C, D)
        gemm(q, k, into: scores.rows(h * L..<(h + 1) * L), transposeB: true, alpha: scale)
        if let distances {
          for i in 0..<L {
            add(Attention.row(distances, h, i, L), to: scores.rows(h * L + i..<h * L + i + 1))
          }
        }
      }
      softmax(scores)
      context.fill(tokens, workspace) { context in
        for h in 0..<H {
          let (_, _, v) = heads(qkv, h, C, D)
          gemm(scores.rows(h * L..<(h + 1) * L), v, into: context.columns(h * D..<(h + 1) * D))
        }
      }
    }
  }

  /// - Parameters:
  ///   - dcontext: (T, C).
  ///   - dqkv: (T, 3C), overwritten.
  ///   - ddistances: Where the gradient by `distances` is accumulated; nil where it is frozen.
  ///   - workspace: Two L×L matrices are taken and given back.
  package static func backward(
    _ dcontext: Matrix, qkv: Matrix, batch: PackedBatch, heads H: Int, probabilities: Matrix,
    into dqkv: Operand, ddistances: Matrix? = nil, workspace: Workspace
  ) {
    let C = dcontext.columns
    let D = C / H
    let scale = 1 / Float(D).squareRoot()
    var offset = 0
    for row in 0..<batch.rows {
      let tokens = batch.range(row)
      let L = tokens.count
      let mark = workspace.mark
      let dp = workspace.matrix(rows: L, columns: L)
      dqkv.fill(tokens, workspace) { dqkv in
        for h in 0..<H {
          let (q, k, v) = heads(qkv.rows(tokens), h, C, D)
          let (dq, dk, dv) = heads(dqkv, h, C, D)
          let dy = dcontext.rows(tokens).columns(h * D..<(h + 1) * D)
          let p = probabilities.columns(offset..<offset + L * L).reshaped(rows: L, columns: L)
          offset += L * L
          // in the forward pass this was: context = P·V
          gemm(p, dy, into: dv, transposeA: true)
          gemm(dy, v, into: dp, transposeB: true)
          // in the forward pass this was: P = softmax(S); so dS = P ⊙ (dP − Σ_j dP ⊙ P)
          softmaxGradient(dp, p)
          if let ddistances {
            for i in 0..<L { add(dp.rows(i..<i + 1), to: Attention.row(ddistances, h, i, L)) }
          }
          // in the forward pass this was: S = Q·Kᵀ / √D
          gemm(dp, k, into: dq, alpha: scale)
          gemm(dp, q, into: dk, transposeA: true, alpha: scale)
        }
      }
      workspace.release(to: mark)
    }
  }

  /// The part of a table of distances that query i of L reads for head h; a view.
  private static func row(_ distances: Matrix, _ h: Int, _ i: Int, _ L: Int) -> Matrix {
    let first = distances.columns / 2 - i
    return distances.rows(h..<h + 1).columns(first..<first + L)
  }

  private static func heads(_ qkv: Matrix, _ h: Int, _ C: Int, _ D: Int) -> (Matrix, Matrix, Matrix) {
    (
      qkv.columns(h * D..<(h + 1) * D), qkv.columns(C + h * D..<C + (h + 1) * D),
      qkv.columns(2 * C + h * D..<2 * C + (h + 1) * D)
    )
  }

  /// Softmax over each row, in place.
  ///
  /// Three passes over some rows at a time: the exponentials, which cost most, are one long loop whatever the length
  /// of a row, because a loop of 31 would spend half of its time in the remainder behind the full vectors.
  package static func softmax(_ x: Matrix) {
    let n = x.columns
    inRowBlocks(x) { rows in
      x.rows(rows).withMutableSpan { x in
        for row in 0..<rows.count { subtractMaximum(&x, row * n..<(row + 1) * n) }
        for i in 0..<x.count { x[i] = FastMath.exp(x[i]) }
        for row in 0..<rows.count { divideBySum(&x, row * n..<(row + 1) * n) }
      }
    }
  }

  private static func subtractMaximum(_ x: inout MutableSpan<Float>, _ range: Range<Int>) {
    precondition(range.upperBound <= x.count)
    // A maximum of whole numbers vectorises, one of floats does not: their order is that of the flipped bits.
    var most = Int32.min
    for i in range {
      let bits = Int32(bitPattern: x[i].bitPattern)
      most = max(most, bits ^ ((bits >> 31) & 0x7fff_ffff))
    }
    let largest = Float(bitPattern: UInt32(bitPattern: most ^ ((most >> 31) & 0x7fff_ffff)))
    for i in range { x[i] -= largest }
  }

  private static func divideBySum(_ x: inout MutableSpan<Float>, _ range: Range<Int>) {
    precondition(range.upperBound <= x.count)
    var sum: Float = 0
    for i in range { sum = Relaxed.sum(sum, x[i]) }
    let factor = 1 / sum
    for i in range { x[i] *= factor }
  }

  /// dp ← p ⊙ (dp − Σ dp ⊙ p) of each row.
  package static func softmaxGradient(_ dp: Matrix, _ p: Matrix) {
    let n = p.columns
    p.withSpan { p in
      dp.withMutableSpan { dp in
        precondition(p.count == dp.count)
        for row in 0..<p.count / n {
          var dot: Float = 0
          for i in row * n..<(row + 1) * n { dot = Relaxed.multiplyAdd(dp[i], p[i], dot) }
          for i in row * n..<(row + 1) * n { dp[i] = p[i] * (dp[i] - dot) }
        }
      }
    }
  }
}
