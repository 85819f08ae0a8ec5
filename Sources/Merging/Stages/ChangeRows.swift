internal import LinearAlgebra

/// The change ΔW of one model at one layer in floats, made from its factors a block of rows at a time.
///
/// Rules on single entries need every number of ΔW but never a whole matrix of them: a pass makes each block anew, the
/// same bits every time. Cost of a pass: 2·out·r·in FLOPs.
struct ChangeRows: Sendable {
  /// Rows of ΔW.
  let rows: Int
  /// Columns of ΔW.
  let columns: Int
  /// (out, r) with the scale in it, or all of ΔW where there is no A.
  private let b: Matrix
  /// (r, in).
  private let a: Matrix?

  /// Numbers of a block: those of a handful of models stay in the cache together.
  private static let blockCount = 1 << 15

  /// The rows of a change in factors.
  init(_ delta: LowRank) {
    (rows, columns) = (delta.rows, delta.columns)
    b = delta.b.scaled(by: delta.scale).matrix
    a = delta.a.matrix
  }

  /// The rows of a matrix as it is.
  init(_ matrix: DoubleMatrix) {
    (rows, columns) = (matrix.rows, matrix.columns)
    b = matrix.matrix
    a = nil
  }

  /// The changes of all models at a layer; where one lacks it they are zero, and at least one has it.
  static func all(_ deltas: [LowRank?]) -> [ChangeRows] {
    let (rows, columns) = deltas.lazy.compactMap { $0 }.first.map { ($0.rows, $0.columns) } ?? (0, 0)
    return deltas.map { ChangeRows($0 ?? LowRank(zeroOfRows: rows, columns: columns)) }
  }

  /// Rows × columns.
  var count: Int { rows * columns }

  /// Calls the body with the numbers of every block of rows, in order; it may change them.
  func forEachBlock(_ body: (inout MutableSpan<Float>) -> Void) {
    ChangeRows.forEachBlock([self]) { $0[0].withMutableSpan(body) }
  }

  /// Calls the body with the same block of rows of several changes of one shape, block after block; it may change them.
  static func forEachBlock(_ changes: [ChangeRows], _ body: ([Matrix]) -> Void) {
    guard let shape = changes.first, shape.count > 0 else { return }
    let height = max(1, min(shape.rows, blockCount / shape.columns))
    let memory = changes.map { _ in Matrix(rows: height, columns: shape.columns) }
    for start in stride(from: 0, to: shape.rows, by: height) {
      let range = start..<min(start + height, shape.rows)
      let blocks = memory.map { $0.rows(0..<range.count) }
      for (change, block) in zip(changes, blocks) { change.write(range, into: block) }
      body(blocks)
    }
  }

  private func write(_ range: Range<Int>, into block: Matrix) {
    guard let a else { return block.copy(from: b.rows(range)) }
    if a.rows == 0 { return block.fill(0) }
    gemm(b.rows(range), a, into: block)
  }
}

/// Σ of the ranks of the changes at a layer: the rank to which a full result is cut where none is asked for.
func sumOfRanks(_ deltas: [LowRank?]) throws -> Int {
  try deltas.reduce(0) { try $0 + ($1?.numericalRank() ?? 0) }
}

/// The full matrix that `merge` makes of the models' changes, a block of rows of all models at a time.
///
/// - Parameter merge: Gets a block of every model, zeros where one lacks the layer, and changes zeros to the merged numbers.
func mergeByBlocks(
  _ deltas: [LowRank?], _ merge: (_ blocks: [Matrix], _ merged: inout [Double]) -> Void
) -> DoubleMatrix {
  let changes = ChangeRows.all(deltas)
  var values: [Double] = []
  values.reserveCapacity(changes[0].count)
  ChangeRows.forEachBlock(changes) { blocks in
    var merged = [Double](repeating: 0, count: blocks[0].count)
    merge(blocks, &merged)
    values.append(contentsOf: merged)
  }
  return DoubleMatrix(rows: changes[0].rows, columns: changes[0].columns, values: values)
}
