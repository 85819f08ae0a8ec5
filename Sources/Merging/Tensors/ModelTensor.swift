public import LinearAlgebra

/// One tensor of one model of a checkpoint merge, seen as rows of its last size and read a block of rows at a time.
///
/// It may carry a change B·A (an adapter folded in), or have its rows from other tensors (another vocabulary).
public struct ModelTensor: Sendable {
  /// A row of a tensor.
  public struct Row: Sendable, Hashable {
    /// Which of the tensors.
    public var tensor: Int32
    /// Which of its rows.
    public var row: Int32

    /// Names a row.
    public init(tensor: Int, row: Int) {
      self.tensor = Int32(tensor)
      self.row = Int32(row)
    }
  }

  private enum Source {
    /// As it lies in a file, plus scaled B (out, r) times A (r, in).
    case stored(StoredFloats, b: Matrix, a: Matrix)
    /// Each row the mean of some rows of other tensors, zeros where there are none.
    case gathered([[Row]], [ModelTensor])
  }

  /// Rows: the product of all sizes but the last; 1 for a vector.
  public let rows: Int
  /// The last size; 1 for a single number.
  public let columns: Int
  private let source: Source

  /// A tensor as it is stored.
  ///
  /// - Parameters:
  ///   - shape: Its sizes, outermost first.
  ///   - change: ΔW (rows, columns) that is added to it.
  public init(_ stored: StoredFloats, shape: [Int], adding change: LowRank? = nil) {
    columns = shape.last ?? 1
    rows = shape.dropLast().reduce(1, *)
    precondition(rows * columns == stored.count, "shape \(shape) for \(stored.count) numbers")
    let change = change ?? LowRank(zeroOfRows: rows, columns: columns)
    precondition(
      change.rows == rows && change.columns == columns,
      "a change of (\(change.rows), \(change.columns)) for (\(rows), \(columns))")
    source = .stored(stored, b: change.b.scaled(by: change.scale).matrix, a: change.a.matrix)
  }

  /// A tensor of rows from others of one width: each the mean of some, zeros where there are none.
  public init(rows sources: [[Row]], of tensors: [ModelTensor]) {
    rows = sources.count
    columns = tensors.first?.columns ?? 0
    precondition(tensors.allSatisfy { $0.columns == tensors[0].columns }, "rows of different widths")
    source = .gathered(sources, tensors)
  }

  /// Rows × columns.
  var count: Int { rows * columns }

  /// Writes some rows into a block of their size.
  public func read(_ range: Range<Int>, into block: Matrix) {
    switch source {
    case .stored(let stored, let b, let a):
      stored.read(from: range.lowerBound * columns, into: block)
      if a.rows > 0 { gemm(b.rows(range), a, into: block, beta: 1) }
    case .gathered(let sources, let tensors):
      for (place, row) in range.enumerated() {
        let target = block.rows(place..<place + 1)
        // Rows that pad a vocabulary are all the mean of all others.
        if place > 0, sources[row].count > 1, sources[row] == sources[row - 1] {
          target.copy(from: block.rows(place - 1..<place))
        } else {
          ModelTensor.readMean(of: sources[row], tensors, into: target)
        }
      }
    }
  }

  /// Subtracts some rows from a block of their size.
  func subtract(_ range: Range<Int>, in block: Matrix) {
    if case .stored(let stored, _, let a) = source, a.rows == 0 {
      return stored.subtract(from: range.lowerBound * columns, in: block)
    }
    let own = Matrix(rows: range.count, columns: columns)
    read(range, into: own)
    block.withMutableSpan { target in
      own.withSpan { for i in 0..<target.count { target[i] -= $0[i] } }
    }
  }

  /// Gives its memory back to the system; read again, it comes from the file.
  public func discard() {
    switch source {
    case .stored(let stored, _, _): stored.discard(0..<stored.count)
    case .gathered(_, let tensors): for tensor in tensors { tensor.discard() }
    }
  }

  /// Gives the memory of some rows back, where they lie together.
  func discard(_ range: Range<Int>) {
    guard case .stored(let stored, _, _) = source else { return }
    stored.discard(range.lowerBound * columns..<range.upperBound * columns)
  }

  private static func readMean(of rows: [Row], _ tensors: [ModelTensor], into target: Matrix) {
    func read(_ row: Row, into target: Matrix) {
      tensors[Int(row.tensor)].read(Int(row.row)..<Int(row.row) + 1, into: target)
    }
    if rows.count == 1 { return read(rows[0], into: target) }
    target.fill(0)
    let one = Matrix(rows: 1, columns: target.columns)
    for row in rows {
      read(row, into: one)
      target.withMutableSpan { sum in
        one.withSpan { for i in 0..<sum.count { sum[i] += $0[i] / Float(rows.count) } }
      }
    }
  }
}
