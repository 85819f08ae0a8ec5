package import LinearAlgebra

/// Attention in which a token sees itself and those before it in its row, several query heads sharing a key head.
///
/// Sources: Vaswani et al. 2017, arXiv:1706.03762; grouped queries: Ainslie et al. 2023, arXiv:2305.13245; windows: Beltagy et
/// al. 2020, arXiv:2004.05150. Queries are taken some at a time, and with them the keys that one of them sees: of a long text the
/// half that nobody sees costs nothing.
package struct CausalAttention: Sendable {
  /// Query heads H.
  package let heads: Int
  /// Key and value heads K; H ÷ K query heads share one.
  package let keyHeads: Int
  /// Channels D of a head.
  package let headSize: Int
  /// Tokens that a token sees, itself among them; nil: all before it.
  package let window: Int?
  /// Where they stand.
  package let positions: RotaryPositions

  /// Queries that are taken at a time.
  private static let queriesAtOnce = 128

  /// Describes an attention.
  package init(heads: Int, keyHeads: Int, headSize: Int, window: Int?, positions: RotaryPositions) {
    precondition(heads % keyHeads == 0, "\(heads) heads of \(keyHeads) keys")
    self.heads = heads
    self.keyHeads = keyHeads
    self.headSize = headSize
    self.window = window
    self.positions = positions
  }

  /// What a forward pass saves; all of one row of text, or of some of its queries, lies together.
  package struct Saved {
    /// Turned and scaled, (1, T·H·D): by queries that are taken at once, head by head.
    var queries: Matrix
    /// Turned, (1, T·K·D): by rows of text, head by head.
    var keys: Matrix
    /// (T, K·D).
    var values: Matrix
    /// (1, Σ queries · seen keys · H).
    var probabilities: Matrix
  }

  /// Some queries of a row of text, and the keys that one of them sees, both as places in the row.
  private struct Part {
    var queries: Range<Int>
    var keys: Range<Int>
    /// Where its probabilities begin.
    var offset: Int
    /// The row's.
    var row: Row

    /// The queries, as tokens of the batch.
    var tokens: Range<Int> { row.inBatch(queries) }
  }

  /// What a row says of its tokens.
  private struct Row {
    /// Where they lie in the batch.
    var tokens: Range<Int>
    /// The place of each in its text.
    var positions: [Int] = []
    /// The part of the row that each goes on in: no token of a fork sees another fork.
    var forks: [Range<Int>]

    init(_ row: Int, of batch: PackedBatch) {
      tokens = batch.range(row)
      forks = batch.forks[row]
      for run in batch.runs(row) { positions += run.first..<run.first + run.tokens.count }
    }

    /// Places in the row, as tokens of the batch.
    func inBatch(_ places: Range<Int>) -> Range<Int> {
      tokens.lowerBound + places.lowerBound..<tokens.lowerBound + places.upperBound
    }

    /// The keys before it that a query sees whatever the window, as places in the row, and from where on those of its own part.
    func seen(by query: Int) -> (trunk: Int, own: Int) {
      guard let fork = forks.first(where: { $0.contains(query) }) else { return (0, 0) }
      return (forks[0].lowerBound, fork.lowerBound)
    }
  }

  private func parts(_ row: Row, from offset: inout Int) -> [Part] {
    let count = row.tokens.count
    return stride(from: 0, to: count, by: Self.queriesAtOnce).map { first in
      let queries = first..<min(count, first + Self.queriesAtOnce)
      // A fork goes on from a place before it.
      let keys = row.forks.isEmpty ? window.map { max(0, first - $0 + 1) } ?? 0 : 0
      defer { offset += heads * queries.count * (queries.upperBound - keys) }
      return Part(queries: queries, keys: keys..<queries.upperBound, offset: offset, row: row)
    }
  }

  private func probabilityCount(_ batch: PackedBatch) -> Int {
    var count = 0
    for row in 0..<batch.rows { _ = parts(Row(row, of: batch), from: &count) }
    return count
  }

  /// Room in the workspace for what a forward pass saves.
  ///
  /// - Parameter values: (T, K·D), filled before the pass.
  package func saved(values: Matrix, _ batch: PackedBatch, workspace: Workspace) -> Saved {
    let (D, T) = (headSize, batch.tokens)
    return Saved(
      queries: workspace.matrix(rows: 1, columns: T * heads * D),
      keys: workspace.matrix(rows: 1, columns: T * keyHeads * D), values: values,
      probabilities: workspace.matrix(rows: 1, columns: probabilityCount(batch)))
  }

  /// context = softmax(turned Q · turned Kᵀ / √D)·V of every row.
  ///
  /// - Parameters:
  ///   - queries: (T, H·D).
  ///   - keys: (T, K·D).
  ///   - saved: Holds the values; filled with what the backward pass reads.
  ///   - context: (T, H·D), the result.
  package func forward(
    queries: Matrix, keys: Matrix, _ saved: Saved, _ batch: PackedBatch, into context: Operand,
    workspace: Workspace
  ) {
    let D = headSize
    var offset = 0
    for row in 0..<batch.rows {
      let row = Row(row, of: batch)
      let tokens = row.tokens
      positions.turn(keys.rows(tokens), at: row.positions[...], into: saved.keys(of: tokens, D, keyHeads))
      let parts = parts(row, from: &offset)
      context.fill(tokens, workspace) { context in
        for part in parts {
          // The scale goes with the queries, so that scores need none.
          positions.turn(
            queries.rows(part.tokens), at: row.positions[part.queries], times: 1 / Float(D).squareRoot(),
            into: saved.queries(of: part.tokens, D, heads))
          attend(saved, part, into: context.rows(part.queries))
        }
      }
    }
  }

  /// The context of some queries, (n, H·D).
  private func attend(_ saved: Saved, _ part: Part, into context: Matrix) {
    let (D, G, n) = (headSize, heads / keyHeads, part.queries.count)
    for k in 0..<keyHeads {
      let views = views(saved, part, k)
      let scores = views.probabilities
      gemm(views.queries, views.keys, into: scores, transposeB: true)
      hide(scores, part, with: -1e30)
      Attention.softmax(scores)
      hide(scores, part, with: 0)
      for g in 0..<G {
        let head = k * G + g
        gemm(
          scores.rows(g * n..<(g + 1) * n), views.values, into: context.columns(head * D..<(head + 1) * D))
      }
    }
  }

  /// Sets what a query does not see; scores of some heads, (G·n, keys).
  private func hide(_ scores: Matrix, _ part: Part, with value: Float) {
    let (n, row, first) = (part.queries.count, part.row, part.keys.lowerBound)
    for i in 0..<scores.rows {
      let query = part.queries.lowerBound + i % n
      let (trunk, own) = row.seen(by: query)
      // Behind the window's end: places in the text are places in the row but for what forks before.
      let nearest = window.map { row.positions[query] - $0 + 1 } ?? 0
      let before = min(trunk, nearest)..<trunk
      let near = max(own, own + nearest - row.positions[own])..<query + 1
      scores.withMutableRow(i) { scores in
        for key in 0..<scores.count where !before.contains(first + key) && !near.contains(first + key) {
          scores[key] = value
        }
      }
    }
  }

  /// What the queries that share key head k read: queries (G·n, D), keys and values (m, D), probabilities (G·n, m).
  private func views(_ saved: Saved, _ part: Part, _ k: Int) -> (
    queries: Matrix, keys: Matrix, values: Matrix, probabilities: Matrix
  ) {
    let (D, G, n, m) = (headSize, heads / keyHeads, part.queries.count, part.keys.count)
    let keys = saved.keys(of: part.row.tokens, D, keyHeads)
    let first = k * part.row.tokens.count
    let start = part.offset + k * G * n * m
    return (
      saved.queries(of: part.tokens, D, heads).rows(k * G * n..<(k + 1) * G * n),
      keys.rows(first + part.keys.lowerBound..<first + part.keys.upperBound),
      saved.values.rows(part.row.inBatch(part.keys)).columns(k * D..<(k + 1) * D),
      saved.probabilities.columns(start..<start + G * n * m).reshaped(rows: G * n, columns: m)
    )
  }

  /// The gradients by queries, keys and values.
  ///
  /// - Parameters:
  ///   - dcontext: (T, H·D).
  ///   - dqueries: (T, H·D), overwritten, as `dkeys` and `dvalues`, (T, K·D), are.
  package func backward(
    _ dcontext: Matrix, _ saved: Saved, _ batch: PackedBatch, dqueries: Operand, dkeys: Operand,
    dvalues: Operand, workspace: Workspace
  ) {
    let (D, scale) = (headSize, 1 / Float(headSize).squareRoot())
    var offset = 0
    for row in 0..<batch.rows {
      let row = Row(row, of: batch)
      let tokens = row.tokens
      let mark = workspace.mark
      let parts = parts(row, from: &offset)
      let dturned = workspace.zeros(rows: keyHeads * tokens.count, columns: D)
      dvalues.fill(tokens, workspace) { dvalues in
        dvalues.fill(0)
        dqueries.fill(tokens, workspace) { dqueries in
          for part in parts {
            let mark = workspace.mark
            let dq = workspace.matrix(rows: heads * part.queries.count, columns: D)
            attendBack(
              dcontext, saved, part, dqueries: dq, dkeys: dturned, dvalues: dvalues, workspace)
            positions.turnBack(
              dq, at: row.positions[part.queries], times: scale, into: dqueries.rows(part.queries))
            workspace.release(to: mark)
          }
        }
      }
      dkeys.fill(tokens, workspace) { positions.turnBack(dturned, at: row.positions[...], into: $0) }
      workspace.release(to: mark)
    }
  }

  /// The gradients of some queries: those by turned queries are overwritten, those by keys and values accumulated.
  private func attendBack(
    _ dcontext: Matrix, _ saved: Saved, _ part: Part, dqueries: Matrix, dkeys: Matrix, dvalues: Matrix,
    _ workspace: Workspace
  ) {
    let (D, G, n, L) = (headSize, heads / keyHeads, part.queries.count, part.row.tokens.count)
    for k in 0..<keyHeads {
      let mark = workspace.mark
      let views = views(saved, part, k)
      let dvalues = dvalues.rows(part.keys).columns(k * D..<(k + 1) * D)
      let dp = workspace.matrix(rows: G * n, columns: part.keys.count)
      for g in 0..<G {
        let head = k * G + g
        let dy = dcontext.rows(part.tokens).columns(head * D..<(head + 1) * D)
        let rows = g * n..<(g + 1) * n
        // in the forward pass this was: context = P·V
        gemm(views.probabilities.rows(rows), dy, into: dvalues, transposeA: true, beta: 1)
        gemm(dy, views.values, into: dp.rows(rows), transposeB: true)
      }
      // in the forward pass this was: P = softmax(S), 0 where nothing is seen
      Attention.softmaxGradient(dp, views.probabilities)
      // in the forward pass this was: S = Q·Kᵀ
      gemm(dp, views.keys, into: dqueries.rows(k * G * n..<(k + 1) * G * n))
      gemm(
        dp, views.queries, into: dkeys.rows(k * L + part.keys.lowerBound..<k * L + part.keys.upperBound),
        transposeA: true, beta: 1)
      workspace.release(to: mark)
    }
  }
}

extension CausalAttention.Saved {
  /// The queries of some tokens that are taken at once, (H·n, D); a view.
  fileprivate func queries(of tokens: Range<Int>, _ D: Int, _ heads: Int) -> Matrix {
    queries.columns(tokens.lowerBound * heads * D..<tokens.upperBound * heads * D)
      .reshaped(rows: tokens.count * heads, columns: D)
  }

  /// The keys of a row of text, (K·L, D); a view.
  fileprivate func keys(of tokens: Range<Int>, _ D: Int, _ heads: Int) -> Matrix {
    keys.columns(tokens.lowerBound * heads * D..<tokens.upperBound * heads * D)
      .reshaped(rows: tokens.count * heads, columns: D)
  }
}
