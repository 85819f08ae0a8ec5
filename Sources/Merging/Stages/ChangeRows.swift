internal import LinearAlgebra

/// The change ΔW of one model at one layer in floats, made a block of rows at a time: from its factors, or from two
/// checkpoints.
///
/// Rules on single entries need every number of ΔW but never a whole matrix of them: a pass makes each block anew, the
/// same bits every time. Cost of a pass: 2·out·r·in FLOPs of factors, the bytes of both tensors of checkpoints.
struct ChangeRows: Sendable {
  /// Rows of ΔW.
  let rows: Int
  /// Columns of ΔW.
  let columns: Int
  private let source: Source

  private enum Source {
    /// B (out, r) with the scale in it, A (r, in).
    case factors(b: Matrix, a: Matrix)
    /// All numbers.
    case full(Matrix)
    /// One tensor less another.
    case stored(ModelTensor, minus: ModelTensor?)
  }

  /// Numbers of a block: those of a handful of models stay in the cache together.
  private static let blockCount = 1 << 15
  /// Numbers of a stored tensor that may stay in memory from one pass to the next.
  private static let mostKept = 8 << 20
  /// Numbers of a larger one that may be in memory at a time.
  private static let mostHeld = 2 << 20

  /// The rows of a change in factors.
  init(_ delta: LowRank) {
    (rows, columns) = (delta.rows, delta.columns)
    source = .factors(b: delta.b.scaled(by: delta.scale).matrix, a: delta.a.matrix)
  }

  /// The rows of a matrix as it is.
  init(_ matrix: DoubleMatrix) {
    (rows, columns) = (matrix.rows, matrix.columns)
    source = .full(matrix.matrix)
  }

  /// The rows of a checkpoint's tensor, less those of its base.
  init(_ tensor: ModelTensor, minus base: ModelTensor?) {
    (rows, columns) = (tensor.rows, tensor.columns)
    source = .stored(tensor, minus: base)
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
  static func forEachBlock(_ changes: [ChangeRows], _ body: ([Matrix]) throws -> Void) rethrows {
    guard let shape = changes.first, shape.count > 0 else { return }
    let height = max(1, min(shape.rows, blockCount / shape.columns))
    let memory = changes.map { _ in Matrix(rows: height, columns: shape.columns) }
    var held = 0
    for start in stride(from: 0, to: shape.rows, by: height) {
      let range = start..<min(start + height, shape.rows)
      let blocks = memory.map { $0.rows(0..<range.count) }
      for (change, block) in zip(changes, blocks) { change.write(range, into: block) }
      try body(blocks)
      if (range.upperBound - held) * shape.columns > mostHeld || range.upperBound == shape.rows {
        for change in changes { change.discard(held..<range.upperBound) }
        held = range.upperBound
      }
    }
  }

  private func write(_ range: Range<Int>, into block: Matrix) {
    switch source {
    case .full(let matrix): block.copy(from: matrix.rows(range))
    case .factors(_, let a) where a.rows == 0: block.fill(0)
    case .factors(let b, let a): gemm(b.rows(range), a, into: block)
    case .stored(let tensor, let base):
      tensor.read(range, into: block)
      base?.subtract(range, in: block)
    }
  }

  /// Gives back the memory of rows of a tensor that is too large to keep for the next pass.
  private func discard(_ range: Range<Int>) {
    guard case .stored(let tensor, let base) = source, count > ChangeRows.mostKept else { return }
    tensor.discard(range)
    base?.discard(range)
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

/// Σ_t X_t at every entry of a block of every model, in doubles.
func sumOfEntries(_ blocks: [Matrix]) -> [Double] {
  func add(_ block: Span<Float>, to sums: inout [Double]) {
    var sums = sums.mutableSpan
    precondition(block.count == sums.count, "\(block.count) numbers for \(sums.count) sums")
    for i in 0..<block.count { sums[i] += Double(block[i]) }
  }
  var sums = [Double](repeating: 0, count: blocks[0].count)
  for block in blocks { block.withSpan { add($0, to: &sums) } }
  return sums
}
