internal import COpenBLAS

extension DoubleMatrix {
  /// The solution X of X·S = M for a symmetric positive definite S, by Cholesky (DPOSV); nil where S is not, in doubles.
  ///
  /// Only one triangle of S is read. Cost: n³/3 + 2·rows·n² FLOPs.
  public func divided(bySymmetric s: DoubleMatrix) -> DoubleMatrix? {
    precondition(
      s.rows == s.columns && s.rows == columns, "(\(rows), \(columns)) ÷ (\(s.rows), \(s.columns))")
    guard s.isFinite && isFinite else { return nil }
    var (factor, result) = (s, self)
    if rows == 0 || columns == 0 { return result }
    // SAFETY: S is symmetric, and row-major (rows, n) is column-major (n, rows): S·Xᵀ = Mᵀ on the numbers as they lie.
    let status = unsafe LAPACKE_dposv(
      LAPACK_COL_MAJOR, CChar(UInt8(ascii: "L")), Int32(columns), Int32(rows), &factor.values,
      Int32(columns), &result.values, Int32(columns))
    return status == 0 && result.isFinite ? result : nil
  }
}
