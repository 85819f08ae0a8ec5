public import Basics
internal import COpenBLAS

/// M = U·diag(σ)·Vᵀ: U (rows, k), σ falling, Vᵀ (k, columns); of a decomposition k = min(rows, columns) at most.
public struct SingularValues: Sendable {
  /// Left singular vectors as columns.
  public let u: DoubleMatrix
  /// Singular values, largest first.
  public let values: [Double]
  /// Right singular vectors as rows.
  public let vt: DoubleMatrix

  /// Joins triples; U and V have orthonormal columns, the values fall.
  public init(u: DoubleMatrix, values: [Double], vt: DoubleMatrix) {
    precondition(
      u.columns == values.count && vt.rows == values.count,
      "U (\(u.rows), \(u.columns)), \(values.count) values, Vᵀ (\(vt.rows), \(vt.columns))")
    self.u = u
    self.values = values
    self.vt = vt
  }

  /// The first triples, at most that many.
  public func prefix(_ count: Int) -> SingularValues {
    if count >= values.count { return self }
    return SingularValues(
      u: u.columns(0..<count), values: Array(values.prefix(count)), vt: vt.rows(0..<count))
  }

  /// Without the triples of σ ≤ `least`; by default those are the directions that count as zero.
  ///
  /// - Parameter least: Nil: `LowRank.negligible`·σ₁.
  public func dropping(upTo least: Double? = nil) -> SingularValues {
    let least = least ?? LowRank.negligible * (values.first ?? 0)
    return prefix(values.prefix { $0 > least }.count)
  }

  /// The same vectors with other values.
  public func replacing(_ values: [Double]) -> SingularValues {
    SingularValues(u: u, values: values, vt: vt)
  }

  /// The triples of c·M: of a negative factor the sign goes to U, so that no value is below zero.
  public func scaled(by factor: Double) -> SingularValues {
    SingularValues(
      u: factor < 0 ? u.scaled(by: -1) : u, values: values.map { $0 * abs(factor) }, vt: vt)
  }

  /// U·diag(σ)·Vᵀ.
  public var matrix: DoubleMatrix { u.scalingColumns(by: values) * vt }
}

/// The LQ decomposition of a matrix with Q as LAPACK's reflectors.
struct Reflected {
  /// (rows, k), lower.
  let l: DoubleMatrix
  /// LAPACK's vectors: k rows of as many numbers as the matrix has columns, perhaps more behind them.
  let factors: [Double]
  /// LAPACK's k scalars of the reflectors.
  let scales: [Double]
  /// Columns of the matrix.
  let columns: Int

  /// (k, columns) with orthonormal rows (DORGQR).
  var q: DoubleMatrix {
    let k = l.columns
    var q = DoubleMatrix(rows: k, columns: columns, values: Array(factors.prefix(k * columns)))
    guard k > 0 else { return q }
    // SAFETY: `q` holds k·columns doubles, column-major (columns, k), `scales` k.
    let status = unsafe LAPACKE_dorgqr(
      LAPACK_COL_MAJOR, Int32(columns), Int32(k), Int32(k), &q.values, Int32(columns), scales)
    precondition(status == 0, "dorgqr(\(columns), \(k)) returned \(status)")
    return q
  }
}

extension DoubleMatrix {
  /// The product op(A)·op(B) (DGEMM).
  ///
  /// Cost: 2·m·n·k FLOPs.
  public static func product(
    _ a: DoubleMatrix, _ b: DoubleMatrix, transposeA: Bool = false, transposeB: Bool = false
  ) -> DoubleMatrix {
    let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (inner, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(k == inner, "product: (\(m), \(k)) · (\(inner), \(n)): inner \(k) ≠ \(inner)")
    var result = DoubleMatrix(rows: m, columns: n)
    if m == 0 || n == 0 || k == 0 { return result }
    // SAFETY: arrays of the sizes checked above, alive for the call.
    unsafe cblas_dgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      Int32(m), Int32(n), Int32(k), 1, a.values, Int32(a.columns), b.values, Int32(b.columns),
      0, &result.values, Int32(n))
    return result
  }

  /// A·B.
  public static func * (a: DoubleMatrix, b: DoubleMatrix) -> DoubleMatrix { product(a, b) }

  /// The product M·Mᵀ (rows, rows), exactly symmetric (DSYRK).
  ///
  /// Cost: rows²·columns FLOPs.
  public var gramOfRows: DoubleMatrix { gram(ofColumns: false) }

  /// The product Mᵀ·M (columns, columns), exactly symmetric (DSYRK).
  ///
  /// Cost: columns²·rows FLOPs.
  public var gramOfColumns: DoubleMatrix { gram(ofColumns: true) }

  private func gram(ofColumns: Bool) -> DoubleMatrix {
    let (size, inner) = ofColumns ? (columns, rows) : (rows, columns)
    var result = DoubleMatrix(rows: size, columns: size)
    if rows == 0 || columns == 0 { return result }
    // SAFETY: values holds rows·columns doubles, the result size²; both outlive the call.
    unsafe cblas_dsyrk(
      CblasRowMajor, CblasUpper, ofColumns ? CblasTrans : CblasNoTrans, Int32(size), Int32(inner), 1, values,
      Int32(columns), 0, &result.values, Int32(size))
    for i in 1..<max(1, size) {
      for j in 0..<i { result.values[i * size + j] = result.values[j * size + i] }
    }
    return result
  }

  /// Householder QR, M = Q·R with k = min(rows, columns): Q (rows, k) with orthonormal columns, R (k, columns).
  ///
  /// Also of a rank-deficient matrix: Q's columns stay orthonormal, the rows of R become small. Cost: O(rows·columns·k).
  public var thinQR: (q: DoubleMatrix, r: DoubleMatrix) {
    let (l, q) = transposed.thinLQ
    return (q.transposed, l.transposed)
  }

  /// Householder LQ, M = L·Q with k = min(rows, columns): L (rows, k) lower, Q (k, columns) with orthonormal rows.
  ///
  /// The cheaper way round for our layout: row-major (rows, columns) is column-major (columns, rows), so LAPACK's QR
  /// of the transpose runs on the numbers as they lie. Cost: 4·rows·columns·k − 4/3·k³ FLOPs.
  public var thinLQ: (l: DoubleMatrix, q: DoubleMatrix) {
    let reflected = reflected
    return (reflected.l, reflected.q)
  }

  /// L of `thinLQ`, with Q still as its reflectors; `Reflected.q` forms it, at twice the cost of L.
  var reflected: Reflected {
    let k = min(rows, columns)
    var l = DoubleMatrix(rows: rows, columns: k)
    guard k > 0 else { return Reflected(l: l, factors: [], scales: [], columns: columns) }
    var factors = values
    var scales = [Double](repeating: 0, count: k)
    // SAFETY: `factors` holds rows·columns doubles, column-major (columns, rows), `scales` k.
    let status = unsafe LAPACKE_dgeqrf(
      LAPACK_COL_MAJOR, Int32(columns), Int32(rows), &factors, Int32(columns), &scales)
    precondition(status == 0, "dgeqrf(\(columns), \(rows)) returned \(status)")
    for i in 0..<rows {
      for j in 0...min(i, k - 1) { l.values[i * k + j] = factors[i * columns + j] }
    }
    return Reflected(l: l, factors: factors, scales: scales, columns: columns)
  }

  /// The solution X of X·L = M for a square lower triangle L (DTRSM).
  ///
  /// Cost: rows·columns² FLOPs.
  func dividedByLower(_ l: DoubleMatrix) -> DoubleMatrix {
    precondition(
      l.rows == l.columns && l.rows == columns, "(\(rows), \(columns)) ÷ (\(l.rows), \(l.columns))")
    var result = self
    if rows == 0 || columns == 0 { return result }
    // SAFETY: the result holds rows·columns doubles, L columns².
    unsafe cblas_dtrsm(
      CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, Int32(rows), Int32(columns), 1,
      l.values, Int32(columns), &result.values, Int32(columns))
    return result
  }

  /// The reciprocal condition number of a square lower triangle in the 1-norm, about (DTRCON); 0 of a singular one.
  var reciprocalConditionOfLower: Double {
    precondition(rows == columns, "condition of a (\(rows), \(columns)) triangle")
    if rows == 0 { return 1 }
    var condition = 0.0
    // SAFETY: values holds rows² doubles, row-major, of which the lower triangle is read.
    let status = unsafe LAPACKE_dtrcon(
      LAPACK_ROW_MAJOR, CChar(UInt8(ascii: "1")), CChar(UInt8(ascii: "L")), CChar(UInt8(ascii: "N")),
      Int32(rows), values, Int32(rows), &condition)
    precondition(status == 0, "dtrcon(\(rows)) returned \(status)")
    return condition
  }

  /// The thin singular value decomposition (DGESDD, divide and conquer).
  ///
  /// Cost: O(rows·columns·k).
  /// - Throws: a `Diagnostic` where the numbers are not finite or the iteration does not converge.
  public func singularValues() throws(Diagnostic) -> SingularValues {
    let k = min(rows, columns)
    var u = DoubleMatrix(rows: rows, columns: k)
    var vt = DoubleMatrix(rows: k, columns: columns)
    var sigma = [Double](repeating: 0, count: k)
    if k == 0 { return SingularValues(u: u, values: sigma, vt: vt) }
    guard isFinite else { throw Diagnostic("a (\(rows), \(columns)) matrix holds NaN or infinity: no SVD") }
    var work = values
    // SAFETY: row-major (rows, columns) is column-major (columns, rows), the transpose V·Σ·Uᵀ, so LAPACK's left
    // vectors fill Vᵀ and its right ones U as they lie in our arrays; sizes columns·k and k·rows.
    let status = unsafe LAPACKE_dgesdd(
      LAPACK_COL_MAJOR, CChar(UInt8(ascii: "S")), Int32(columns), Int32(rows), &work, Int32(columns), &sigma,
      &vt.values, Int32(columns), &u.values, Int32(k))
    guard status == 0 else {
      throw Diagnostic("the SVD of a (\(rows), \(columns)) matrix did not converge (dgesdd \(status))")
    }
    return SingularValues(u: u, values: sigma, vt: vt)
  }

  /// The largest eigenvalues of a symmetric matrix, falling, with their vectors as columns.
  ///
  /// Reduction to tridiagonal form (DSYTRD), then of large matrices all values by QL and few vectors by inverse iteration
  /// (`fewEigenvectors`), of others relatively robust representations (DSTEMR, which bisects for a part of the spectrum:
  /// slower than QL for all of it), and back (DORMTR).
  /// Only the upper triangle is read. Cost: 4/3·n³ + 2·n²·count FLOPs.
  /// - Throws: a `Diagnostic` where the numbers are not finite or the iteration does not converge.
  public func largestEigenvalues(_ count: Int) throws(Diagnostic) -> (values: [Double], vectors: DoubleMatrix)
  {
    precondition(rows == columns, "eigenvalues of a (\(rows), \(columns)) matrix")
    let n = rows
    let count = min(count, n)
    guard count > 0 else { return ([], DoubleMatrix(rows: n, columns: 0)) }
    guard isFinite else { throw Diagnostic("a (\(n), \(n)) matrix holds NaN or infinity: no eigenvalues") }
    var reflectors = values
    var (diagonal, beside) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
    var tau = [Double](repeating: 0, count: n)
    var rising = [Double](repeating: 0, count: n)
    var vectors = [Double](repeating: 0, count: n * count)
    var support = [Int32](repeating: 0, count: 2 * n)
    var found: Int32 = 0
    var tryRelative: Int32 = 1
    let lower = CChar(UInt8(ascii: "L"))
    // SAFETY: symmetric, so column-major is the same matrix with its lower triangle. `vectors` holds n·count doubles
    // column by column, `support` 2·n, the others n each, as the routines ask.
    var status = unsafe LAPACKE_dsytrd(
      LAPACK_COL_MAJOR, lower, Int32(n), &reflectors, Int32(n), &diagonal, &beside, &tau)
    let few = status == 0 ? DoubleMatrix.fewEigenvectors(diagonal, beside, count) : nil
    if let few {
      (rising, vectors, found) = (few.values, few.vectors, Int32(count))
    } else if status == 0 {
      status = unsafe LAPACKE_dstemr(
        LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: count == n ? "A" : "I")), Int32(n),
        &diagonal, &beside, 0,
        0,
        Int32(n - count + 1), Int32(n), &found, &rising, &vectors, Int32(n), Int32(count), &support,
        &tryRelative)
    }
    if status == 0 {
      status = unsafe LAPACKE_dormtr(
        LAPACK_COL_MAJOR, CChar(UInt8(ascii: "L")), lower, CChar(UInt8(ascii: "N")), Int32(n), Int32(count),
        reflectors, Int32(n), tau, &vectors, Int32(n))
    }
    guard status == 0, Int(found) == count else {
      throw Diagnostic("the eigenvalues of a (\(n), \(n)) matrix did not converge (LAPACK \(status))")
    }
    let byColumn = DoubleMatrix(rows: count, columns: n, values: vectors)
    let falling = DoubleMatrix.belowEachOther((0..<count).reversed().map { byColumn.rows($0..<$0 + 1) })
    return (rising.prefix(count).reversed(), falling.transposed)
  }

  /// The largest eigenvalues of a symmetric tridiagonal matrix, rising, and their vectors, by QL without square roots for
  /// all values (DSTERF) and inverse iteration with orthogonalisation of close ones (DSTEIN).
  ///
  /// nil where that is not safe or not worth it: small matrices, many vectors, a matrix that falls apart into blocks, or
  /// no convergence. Cost: O(n²) and O(n·count) for vectors well apart.
  private static func fewEigenvectors(
    _ diagonal: [Double], _ beside: [Double], _ count: Int
  ) -> (values: [Double], vectors: [Double])? {
    let n = diagonal.count
    let size = zip(diagonal, beside).reduce(0) { max($0, abs($1.0) + abs($1.1)) }
    guard n >= 128, 4 * count <= n, beside.prefix(n - 1).allSatisfy({ abs($0) > 1e-14 * size }) else {
      return nil
    }
    var (values, rest) = (diagonal, beside)
    // SAFETY: n values and n − 1 beside them, overwritten; the arrays live for the call.
    guard unsafe LAPACKE_dsterf(Int32(n), &values, &rest) == 0 else { return nil }
    // LAPACKE looks for NaN in n values, of which DSTEIN reads the first `count`.
    let largest = Array(values.suffix(count)) + Array(repeating: 0, count: n - count)
    var vectors = [Double](repeating: 0, count: n * count)
    var failed = [Int32](repeating: 0, count: count)
    let block = [Int32](repeating: 1, count: n)
    var ends = [Int32](repeating: 0, count: n)
    ends[0] = Int32(n)
    // SAFETY: one block of n; n values, n·count doubles column by column, `count` places for failures.
    let status = unsafe LAPACKE_dstein(
      LAPACK_COL_MAJOR, Int32(n), diagonal, beside, Int32(count), largest, block, ends, &vectors, Int32(n),
      &failed)
    return status == 0 ? (Array(largest.prefix(count)), vectors) : nil
  }

  /// The nearest matrix with orthonormal columns in the span of this one: U·Vᵀ of its SVD (orthogonal Procrustes).
  ///
  /// Directions with σ ≤ `tolerance`·σ₁ are left out, so that of two equal columns each carries half of one direction.
  public func polarFactor(tolerance: Double = 1e-6) throws(Diagnostic) -> DoubleMatrix {
    let svd = try singularValues()
    let kept = svd.dropping(upTo: tolerance * (svd.values.first ?? 0))
    return kept.u * kept.vt
  }
}
