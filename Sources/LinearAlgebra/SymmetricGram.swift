internal import COpenBLAS

extension Matrix {
  /// Adds XᵀX to a square matrix, in its upper triangle alone (SSYRK).
  ///
  /// Shapes: X (T, n), sum (n, n). Cost: T·n² FLOPs.
  public func addGramOfColumns(toUpper sum: Matrix) {
    precondition(
      sum.rows == columns && sum.columns == columns, "Gram of (\(rows), \(columns)) in \(sum.rows)²")
    if rows == 0 || columns == 0 { return }
    // SAFETY: the shapes are checked above and every view's bounds by its init.
    unsafe cblas_ssyrk(
      CblasRowMajor, CblasUpper, CblasTrans, Int32(columns), Int32(rows), 1, pointer, Int32(stride), 1,
      sum.pointer, Int32(sum.stride))
  }

  /// Copies the upper triangle to the lower one.
  public func mirrorUpper() {
    precondition(rows == columns, "mirror of (\(rows), \(columns))")
    for i in 0..<rows {
      for j in 0..<i { self[i, j] = self[j, i] }
    }
  }
}
