internal import COpenBLAS
internal import Foundation

/// C ← α·op(A)·op(B) + β·C, row-major floats (SGEMM).
///
/// Cost: 2·m·n·k FLOPs.
///
/// - Parameters:
///   - a: op(A), shape (m, k) after the transpose.
///   - b: op(B), shape (k, n) after the transpose.
///   - c: The result, shape (m, n); with `beta` 0 its old numbers are not read.
public func gemm(
  _ a: Matrix, _ b: Matrix, into c: Matrix, transposeA: Bool = false, transposeB: Bool = false,
  alpha: Float = 1,
  beta: Float = 0
) {
  let m = transposeA ? a.columns : a.rows
  let k = transposeA ? a.rows : a.columns
  let n = transposeB ? b.rows : b.columns
  let inner = transposeB ? b.columns : b.rows
  precondition(k == inner, "gemm: (\(m), \(k)) · (\(inner), \(n)): inner \(k) ≠ \(inner)")
  precondition(c.rows == m && c.columns == n, "gemm: result (\(c.rows), \(c.columns)) for (\(m), \(n))")
  if m == 0 || n == 0 { return }
  // SAFETY: the shapes are checked above and every view's bounds by its init.
  unsafe cblas_sgemm(
    CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
    Int32(m), Int32(n), Int32(k), alpha, a.pointer, Int32(max(1, a.stride)), b.pointer,
    Int32(max(1, b.stride)),
    beta, c.pointer, Int32(max(1, c.stride)))
}

/// What the BLAS is and how it runs.
public enum BLASRuntime {
  /// The kernel that OpenBLAS chose, for instance `Haswell`, `SkylakeX` or `Zen`.
  public static var kernel: String {
    // SAFETY: OpenBLAS returns a static, zero-terminated name.
    unsafe openblas_get_corename().map { unsafe String(cString: $0) } ?? "unknown"
  }

  /// OpenBLAS's version and build options.
  public static var configuration: String {
    // SAFETY: OpenBLAS returns a static, zero-terminated text.
    unsafe openblas_get_config().map { unsafe String(cString: $0) } ?? "unknown"
  }

  /// Replaces this process by the same program with `OPENBLAS_CORETYPE` set, which the library reads when it is loaded.
  ///
  /// Returns only where that fails; then the present kernel stays.
  public static func restart(settingKernel kernel: String, arguments: [String]) {
    unsafe setenv("OPENBLAS_CORETYPE", kernel, 1)
    // SAFETY: a null-terminated array of strings that live until execv has replaced the process.
    var pointers: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    _ = unsafe execv("/proc/self/exe", pointers)
  }

  /// Threads of one BLAS call.
  public static var threads: Int {
    get { Int(openblas_get_num_threads()) }
    set { openblas_set_num_threads(Int32(newValue)) }
  }
}
