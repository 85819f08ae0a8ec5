public import LinearAlgebra

/// One tensor of one model of a checkpoint merge, seen as rows of its last size and read a block of rows at a time.
///
/// It may carry a change B·A (an adapter folded in) and take its rows from other places (another vocabulary).
public struct ModelTensor: Sendable {
  /// Rows: the product of all sizes but the last; 1 for a vector.
  public let rows: Int
  /// The last size; 1 for a single number.
  public let columns: Int
  private let stored: StoredFloats
  /// Scaled B (out, r) and A (r, in), already in doubles rounded to floats.
  private let change: (b: Matrix, a: Matrix)?
  /// Per row, the stored rows of whose mean it consists; none is zeros.
  private let sources: [[Int32]]?

  /// A tensor as it is stored.
  ///
  /// - Parameters:
  ///   - shape: Its sizes, outermost first.
  ///   - change: ΔW (rows, columns) that is added to it.
  public init(_ stored: StoredFloats, shape: [Int], adding change: LowRank? = nil) {
    columns = shape.last ?? 1
    rows = shape.dropLast().reduce(1, *)
    precondition(rows * columns == stored.count, "shape \(shape) for \(stored.count) numbers")
    if let change {
      precondition(
        change.rows == rows && change.columns == columns,
        "a change of (\(change.rows), \(change.columns)) for (\(rows), \(columns))")
    }
    self.stored = stored
    self.change = change.map { ($0.b.scaled(by: $0.scale).matrix, $0.a.matrix) }
    sources = nil
  }

  private init(_ other: ModelTensor, sources: [[Int32]]) {
    (rows, columns, stored, change) = (sources.count, other.columns, other.stored, other.change)
    self.sources = sources
  }

  /// The same tensor with other rows: each the mean of some of its own, zeros where there are none.
  public func takingRows(_ sources: [[Int32]]) -> ModelTensor {
    precondition(self.sources == nil, "rows are chosen once")
    return ModelTensor(self, sources: sources)
  }

  /// Rows × columns.
  var count: Int { rows * columns }

  /// Writes some rows into a block of their size.
  func read(_ range: Range<Int>, into block: Matrix) {
    guard let sources else { return readOwn(range, into: block) }
    for (place, row) in range.enumerated() {
      let target = block.rows(place..<place + 1)
      if sources[row].count == 1 {
        readOwn(Int(sources[row][0])..<Int(sources[row][0]) + 1, into: target)
      } else {
        readMean(of: sources[row], into: target)
      }
    }
  }

  /// Subtracts some rows from a block of their size.
  func subtract(_ range: Range<Int>, in block: Matrix) {
    if sources == nil, change == nil { return stored.subtract(from: range.lowerBound * columns, in: block) }
    let own = Matrix(rows: range.count, columns: columns)
    read(range, into: own)
    block.withMutableSpan { target in
      own.withSpan { for i in 0..<target.count { target[i] -= $0[i] } }
    }
  }

  /// Gives its memory back to the system; read again, it comes from the file.
  public func discard() { stored.discard(0..<stored.count) }

  /// Gives the memory of some rows back, where they lie together.
  func discard(_ range: Range<Int>) {
    if sources == nil { stored.discard(range.lowerBound * columns..<range.upperBound * columns) }
  }

  private func readOwn(_ range: Range<Int>, into block: Matrix) {
    stored.read(from: range.lowerBound * columns, into: block)
    if let change, change.a.rows > 0 { gemm(change.b.rows(range), change.a, into: block, beta: 1) }
  }

  private func readMean(of rows: [Int32], into target: Matrix) {
    target.fill(0)
    let one = Matrix(rows: 1, columns: columns)
    for row in rows {
      readOwn(Int(row)..<Int(row) + 1, into: one)
      target.withMutableSpan { sum in
        one.withSpan { for i in 0..<sum.count { sum[i] += $0[i] / Float(rows.count) } }
      }
    }
  }
}
