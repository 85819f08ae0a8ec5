internal import COpenBLAS

/// A row-major matrix of doubles with value semantics: the small cores in which merges are computed.
///
/// Weights and activations are `Matrix` (Float, views of shared storage); this is for decompositions and sums that
/// have to be accurate.
public struct DoubleMatrix: Sendable, Hashable {
  /// Rows.
  public let rows: Int
  /// Columns.
  public let columns: Int
  /// The numbers, row by row.
  public var values: [Double]

  /// A matrix of zeros.
  public init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, values: Array(repeating: 0, count: rows * columns))
  }

  /// A matrix from row-major numbers.
  public init(rows: Int, columns: Int, values: [Double]) {
    precondition(rows >= 0 && columns >= 0, "a (\(rows), \(columns)) matrix")
    precondition(values.count == rows * columns, "\(values.count) values for (\(rows), \(columns))")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// A matrix from row-major floats; exact.
  public init(rows: Int, columns: Int, floats: [Float]) {
    self.init(rows: rows, columns: columns, values: floats.map(Double.init))
  }

  /// A copy of a matrix of floats; exact.
  public init(_ matrix: Matrix) {
    self.init(rows: matrix.rows, columns: matrix.columns, floats: matrix.values)
  }

  /// A square matrix with these numbers on its diagonal.
  public init(diagonal: [Double]) {
    self.init(rows: diagonal.count, columns: diagonal.count)
    for (i, value) in diagonal.enumerated() { self[i, i] = value }
  }

  /// One number.
  public subscript(row: Int, column: Int) -> Double {
    get {
      precondition(
        row >= 0 && row < rows && column >= 0 && column < columns,
        "[\(row), \(column)] of (\(rows), \(columns))")
      return values[row * columns + column]
    }
    set {
      precondition(
        row >= 0 && row < rows && column >= 0 && column < columns,
        "[\(row), \(column)] of (\(rows), \(columns))")
      values[row * columns + column] = newValue
    }
  }

  /// The numbers rounded to floats, row by row.
  public var floats: [Float] { values.map { Float($0) } }

  /// A matrix of the numbers rounded to floats.
  public var matrix: Matrix { Matrix(rows: rows, columns: columns, values: floats) }

  /// Whether every number is finite.
  public var isFinite: Bool { DoubleMatrix.countOfSpecials(values.span) == 0 }

  /// How many are NaN or infinite; a count instead of an early end, so that the loop is a vector one.
  private static func countOfSpecials(_ values: Span<Double>) -> Int {
    let exponent: UInt64 = 0x7ff0_0000_0000_0000
    var count: UInt64 = 0
    for i in 0..<values.count { count &+= values[i].bitPattern & exponent == exponent ? 1 : 0 }
    return Int(count)
  }
}

// MARK: - Pieces

extension DoubleMatrix {
  /// A copy of some rows.
  public func rows(_ range: Range<Int>) -> DoubleMatrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    let numbers = values[range.lowerBound * columns..<range.upperBound * columns]
    return DoubleMatrix(rows: range.count, columns: columns, values: Array(numbers))
  }

  /// A copy of some columns.
  public func columns(_ range: Range<Int>) -> DoubleMatrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
    var numbers: [Double] = []
    numbers.reserveCapacity(rows * range.count)
    for i in 0..<rows {
      numbers.append(contentsOf: values[i * columns + range.lowerBound..<i * columns + range.upperBound])
    }
    return DoubleMatrix(rows: rows, columns: range.count, values: numbers)
  }

  /// Matrices of equally many rows beside each other; at least one.
  public static func besideEachOther(_ parts: [DoubleMatrix]) -> DoubleMatrix {
    precondition(
      !parts.isEmpty && parts.allSatisfy { $0.rows == parts[0].rows }, "rows \(parts.map(\.rows)) differ")
    let width = parts.reduce(0) { $0 + $1.columns }
    var numbers: [Double] = []
    numbers.reserveCapacity(parts[0].rows * width)
    for i in 0..<parts[0].rows {
      for part in parts { numbers.append(contentsOf: part.values[i * part.columns..<(i + 1) * part.columns]) }
    }
    return DoubleMatrix(rows: parts[0].rows, columns: width, values: numbers)
  }

  /// Matrices of equally many columns below each other; at least one.
  public static func belowEachOther(_ parts: [DoubleMatrix]) -> DoubleMatrix {
    precondition(
      !parts.isEmpty && parts.allSatisfy { $0.columns == parts[0].columns },
      "columns \(parts.map(\.columns)) differ")
    let rows = parts.reduce(0) { $0 + $1.rows }
    var numbers: [Double] = []
    numbers.reserveCapacity(rows * parts[0].columns)
    for part in parts { numbers.append(contentsOf: part.values) }
    return DoubleMatrix(rows: rows, columns: parts[0].columns, values: numbers)
  }

  /// The transpose (OpenBLAS's domatcopy, which goes by blocks).
  public var transposed: DoubleMatrix {
    var result = DoubleMatrix(rows: columns, columns: rows)
    if rows == 0 || columns == 0 { return result }
    // SAFETY: both arrays hold rows·columns doubles, the result with rows of `rows` numbers.
    unsafe cblas_domatcopy(
      CblasRowMajor, CblasTrans, Int32(rows), Int32(columns), 1, values, Int32(columns), &result.values,
      Int32(rows))
    return result
  }
}

// MARK: - Arithmetic

extension DoubleMatrix {
  /// The matrix with every number multiplied.
  public func scaled(by factor: Double) -> DoubleMatrix {
    DoubleMatrix(rows: rows, columns: columns, values: values.map { $0 * factor })
  }

  /// The matrix with column j multiplied by `factors[j]`: M·diag(f).
  public func scalingColumns(by factors: [Double]) -> DoubleMatrix {
    precondition(factors.count == columns, "\(factors.count) factors for \(columns) columns")
    var result = self
    var numbers = result.values.mutableSpan
    for i in 0..<rows {
      for j in 0..<columns { numbers[i * columns + j] *= factors[j] }
    }
    return result
  }

  /// The matrix with row i multiplied by `factors[i]`: diag(f)·M.
  public func scalingRows(by factors: [Double]) -> DoubleMatrix {
    precondition(factors.count == rows, "\(factors.count) factors for \(rows) rows")
    var result = self
    var numbers = result.values.mutableSpan
    for i in 0..<rows {
      let factor = factors[i]
      for j in 0..<columns { numbers[i * columns + j] *= factor }
    }
    return result
  }

  /// The sum of two matrices of one shape.
  public static func + (left: DoubleMatrix, right: DoubleMatrix) -> DoubleMatrix {
    precondition(
      left.rows == right.rows && left.columns == right.columns,
      "(\(left.rows), \(left.columns)) + (\(right.rows), \(right.columns))")
    return DoubleMatrix(
      rows: left.rows, columns: left.columns, values: zip(left.values, right.values).map { $0 + $1 })
  }

  /// The difference of two matrices of one shape.
  public static func - (left: DoubleMatrix, right: DoubleMatrix) -> DoubleMatrix {
    left + right.scaled(by: -1)
  }

  /// Σ aᵢⱼ·bᵢⱼ, summed in order.
  public func innerProduct(_ other: DoubleMatrix) -> Double {
    precondition(
      rows == other.rows && columns == other.columns,
      "⟨(\(rows), \(columns)), (\(other.rows), \(other.columns))⟩")
    return zip(values, other.values).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The Frobenius norm √Σ aᵢⱼ².
  public var norm: Double { innerProduct(self).squareRoot() }

  /// The sum of the diagonal.
  public var trace: Double { (0..<min(rows, columns)).reduce(0) { $0 + self[$1, $1] } }
}
