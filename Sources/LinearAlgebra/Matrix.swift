/// A row-major matrix of floats: a view of a block of storage, so a copy of the value is the same numbers.
///
/// Views of columns or rows of one matrix share its memory; whoever writes owns the part that it writes.
/// A vector is a matrix of one row.
public struct Matrix: @unchecked Sendable {
  /// The block behind the view.
  public let storage: Storage
  @usableFromInline let offset: Int
  /// Rows.
  public let rows: Int
  /// Columns.
  public let columns: Int
  /// Floats from a row's start to the next one's.
  public let stride: Int

  init(storage: Storage, offset: Int, rows: Int, columns: Int, stride: Int) {
    precondition(
      rows == 0 || columns == 0 || offset + (rows - 1) * stride + columns <= storage.count,
      "a (\(rows), \(columns)) view at \(offset) passes the end of \(storage.count) floats")
    self.storage = storage
    self.offset = offset
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  /// A matrix of zeros with storage of its own.
  public init(rows: Int, columns: Int) {
    self.init(
      storage: Storage(count: rows * columns), offset: 0, rows: rows, columns: columns, stride: columns)
  }

  /// A matrix with storage of its own from row-major values.
  public init(rows: Int, columns: Int, values: [Float]) {
    precondition(values.count == rows * columns, "\(values.count) values for (\(rows), \(columns))")
    self.init(rows: rows, columns: columns)
    withMutableSpan { span in
      for i in 0..<values.count { span[i] = values[i] }
    }
  }

  /// A view of the first floats of a block.
  public init(storage: Storage, rows: Int, columns: Int) {
    self.init(storage: storage, offset: 0, rows: rows, columns: columns, stride: columns)
  }

  /// Rows × columns.
  @inlinable public var count: Int { rows * columns }

  /// Whether the rows lie end to end.
  @inlinable public var isContiguous: Bool { stride == columns || rows <= 1 }

  /// One number.
  public subscript(row: Int, column: Int) -> Float {
    get {
      precondition(
        row >= 0 && row < rows && column >= 0 && column < columns,
        "[\(row), \(column)] of (\(rows), \(columns))")
      return unsafe storage.base[offset + row * stride + column]
    }
    nonmutating set {
      precondition(
        row >= 0 && row < rows && column >= 0 && column < columns,
        "[\(row), \(column)] of (\(rows), \(columns))")
      unsafe storage.base[offset + row * stride + column] = newValue
    }
  }

  /// A view of some rows.
  public func rows(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return Matrix(
      storage: storage, offset: offset + range.lowerBound * stride, rows: range.count, columns: columns,
      stride: stride)
  }

  /// A view of some columns.
  public func columns(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
    return Matrix(
      storage: storage, offset: offset + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// The same floats with another shape; the rows must lie end to end.
  public func reshaped(rows: Int, columns: Int) -> Matrix {
    precondition(
      isContiguous && rows * columns == count, "(\(self.rows), \(self.columns)) as (\(rows), \(columns))")
    return Matrix(storage: storage, offset: offset, rows: rows, columns: columns, stride: columns)
  }

  /// Reads the floats of a matrix whose rows lie end to end.
  @inlinable public func withSpan<R>(_ body: (Span<Float>) throws -> R) rethrows -> R {
    precondition(isContiguous, "rows of stride \(stride) are not end to end")
    // SAFETY: in bounds by init; the storage outlives the call.
    let buffer = unsafe UnsafeBufferPointer(start: storage.base + offset, count: count)
    return try body(unsafe buffer.span)
  }

  /// Writes the floats of a matrix whose rows lie end to end.
  @inlinable public func withMutableSpan<R>(_ body: (inout MutableSpan<Float>) throws -> R) rethrows -> R {
    precondition(isContiguous, "rows of stride \(stride) are not end to end")
    // SAFETY: in bounds by init; the storage outlives the call.
    let buffer = unsafe UnsafeMutableBufferPointer(start: storage.base + offset, count: count)
    var span = unsafe buffer.mutableSpan
    return try body(&span)
  }

  /// Reads one row; cheaper than a view of it, which has to keep the storage alive.
  @inlinable public func withRow<R>(_ row: Int, _ body: (Span<Float>) throws -> R) rethrows -> R {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    // SAFETY: one row, in bounds by init; the storage outlives the call.
    let buffer = unsafe UnsafeBufferPointer(start: storage.base + offset + row * stride, count: columns)
    return try body(unsafe buffer.span)
  }

  /// Writes one row.
  @inlinable public func withMutableRow<R>(_ row: Int, _ body: (inout MutableSpan<Float>) throws -> R)
    rethrows
    -> R
  {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    // SAFETY: one row, in bounds by init; the storage outlives the call.
    let buffer = unsafe UnsafeMutableBufferPointer(
      start: storage.base + offset + row * stride, count: columns)
    var span = unsafe buffer.mutableSpan
    return try body(&span)
  }

  /// A copy of the numbers, row by row.
  public var values: [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for i in 0..<rows {
      // SAFETY: one row, in bounds by init.
      unsafe values.append(
        contentsOf: UnsafeBufferPointer(start: storage.base + offset + i * stride, count: columns))
    }
    return values
  }

  /// Sets every number.
  public func fill(_ value: Float) {
    for i in 0..<rows {
      // SAFETY: one row, in bounds by init.
      unsafe (storage.base + offset + i * stride).update(repeating: value, count: columns)
    }
  }

  /// Copies the numbers of a matrix of the same shape.
  public func copy(from other: Matrix) {
    precondition(
      rows == other.rows && columns == other.columns,
      "copy (\(other.rows), \(other.columns)) to (\(rows), \(columns))")
    for i in 0..<rows {
      // SAFETY: one row of each, in bounds by init.
      unsafe (storage.base + offset + i * stride).update(
        from: other.storage.base + other.offset + i * other.stride, count: columns)
    }
  }

  /// The same numbers in storage of their own.
  public func copied() -> Matrix {
    let result = Matrix(rows: rows, columns: columns)
    result.copy(from: self)
    return result
  }

  /// The transpose, in storage of its own.
  public func transposed() -> Matrix {
    let result = Matrix(rows: columns, columns: rows)
    for i in 0..<rows {
      for j in 0..<columns { result[j, i] = self[i, j] }
    }
    return result
  }

  // SAFETY: the first float of the view, for BLAS calls of this module.
  var pointer: UnsafeMutablePointer<Float> { unsafe storage.base + offset }
}

extension Storage {
  /// All numbers as one row; a view.
  public var flat: Matrix { Matrix(storage: self, rows: 1, columns: count) }
}
