/// A row-major matrix of bf16 numbers: a view of a block of storage in which two of them take the room of a float.
///
/// bf16 is the upper half of a Float: its range with eight significant bits. Views share memory as those of `Matrix` do.
public struct BFloatMatrix: @unchecked Sendable {
  /// The block behind the view.
  public let storage: Storage
  /// Numbers, not floats, before the view.
  @usableFromInline let offset: Int
  /// Rows.
  public let rows: Int
  /// Columns.
  public let columns: Int
  /// Numbers from a row's start to the next one's.
  public let stride: Int

  init(storage: Storage, offset: Int, rows: Int, columns: Int, stride: Int) {
    precondition(
      rows == 0 || columns == 0 || offset + (rows - 1) * stride + columns <= 2 * storage.count,
      "a (\(rows), \(columns)) view at \(offset) passes the end of \(2 * storage.count) numbers")
    self.storage = storage
    self.offset = offset
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  /// A matrix of zeros with storage of its own.
  public init(rows: Int, columns: Int) {
    self.init(storage: Storage(count: (rows * columns + 1) / 2), rows: rows, columns: columns)
  }

  /// A view of the first numbers of a block.
  public init(storage: Storage, rows: Int, columns: Int) {
    self.init(storage: storage, offset: 0, rows: rows, columns: columns, stride: columns)
  }

  /// A view of the room that a matrix whose rows lie end to end takes, or of the first part of it.
  init(over matrix: Matrix, rows: Int, columns: Int) {
    precondition(
      matrix.isContiguous && rows * columns <= 2 * matrix.count, "no room for (\(rows), \(columns))")
    self.init(
      storage: matrix.storage, offset: 2 * matrix.offset, rows: rows, columns: columns, stride: columns)
  }

  /// The numbers of a matrix, rounded, in storage of their own.
  public init(rounding matrix: Matrix) {
    self.init(rows: matrix.rows, columns: matrix.columns)
    round(matrix)
  }

  /// Rows × columns.
  @inlinable public var count: Int { rows * columns }

  /// A view of some rows.
  public func rows(_ range: Range<Int>) -> BFloatMatrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return BFloatMatrix(
      storage: storage, offset: offset + range.lowerBound * stride, rows: range.count, columns: columns,
      stride: stride)
  }

  /// A view of some columns.
  public func columns(_ range: Range<Int>) -> BFloatMatrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
    return BFloatMatrix(
      storage: storage, offset: offset + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// Takes over rows of another matrix, from `row` on.
  func copy(_ other: BFloatMatrix, to row: Int) {
    for i in 0..<other.rows {
      other.withRow(i) { source in
        withMutableRow(row + i) { target in for j in 0..<source.count { target[j] = source[j] } }
      }
    }
  }

  /// Reads the bits of one row.
  @inlinable public func withRow<R>(_ row: Int, _ body: (Span<UInt16>) throws -> R) rethrows -> R {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    // SAFETY: one row, in bounds by init; the storage outlives the call.
    let buffer = unsafe UnsafeBufferPointer(start: pointer + row * stride, count: columns)
    return try body(unsafe buffer.span)
  }

  /// Writes the bits of one row.
  @inlinable public func withMutableRow<R>(_ row: Int, _ body: (inout MutableSpan<UInt16>) throws -> R)
    rethrows -> R
  {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    // SAFETY: one row, in bounds by init; the storage outlives the call.
    let buffer = unsafe UnsafeMutableBufferPointer(start: pointer + row * stride, count: columns)
    var span = unsafe buffer.mutableSpan
    return try body(&span)
  }

  /// Takes over the numbers of a matrix of the same shape, times a factor, each rounded to the nearest one, halves to even.
  public func round(_ matrix: Matrix, times factor: Float = 1) {
    precondition(
      rows == matrix.rows && columns == matrix.columns,
      "(\(matrix.rows), \(matrix.columns)) rounded to (\(rows), \(columns))")
    for row in 0..<rows {
      matrix.withRow(row) { source in
        withMutableRow(row) { target in
          precondition(source.count == target.count)
          if factor == 1 {
            for i in 0..<target.count { target[i] = FastMath.bfloat(source[i]) }
          } else {
            for i in 0..<target.count { target[i] = FastMath.bfloat(source[i] * factor) }
          }
        }
      }
    }
  }

  /// Writes the numbers into a matrix of the same shape, exactly.
  public func widen(into matrix: Matrix) {
    precondition(
      rows == matrix.rows && columns == matrix.columns,
      "(\(rows), \(columns)) widened to (\(matrix.rows), \(matrix.columns))")
    for row in 0..<rows {
      withRow(row) { source in
        matrix.withMutableRow(row) { target in
          precondition(source.count == target.count)
          for i in 0..<target.count { target[i] = FastMath.float(source[i]) }
        }
      }
    }
  }

  /// The numbers as floats, in storage of their own.
  public func widened() -> Matrix {
    let matrix = Matrix(rows: rows, columns: columns)
    widen(into: matrix)
    return matrix
  }

  // SAFETY: the storage holds at least `offset + (rows − 1)·stride + columns` numbers of two bytes, by init; nobody reads
  // the same bytes as floats while they are bf16 numbers.
  @usableFromInline var pointer: UnsafeMutablePointer<UInt16> {
    unsafe UnsafeMutableRawPointer(storage.base).assumingMemoryBound(to: UInt16.self) + offset
  }
}
