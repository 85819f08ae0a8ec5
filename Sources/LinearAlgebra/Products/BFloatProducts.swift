/// Products of bf16 numbers with sums in single precision, for one thread: what is made ready for a shape is kept, and so is
/// the scratch.
///
/// A row of a result has the same bits whatever the number of rows, which OpenBLAS does not promise.
@safe
public final class BFloatProducts {
  private let library: OneDNN
  // SAFETY: the stream lives until deinit; the scratch is this object's alone.
  private let stream: OneDNNCalls.Object
  private var scratch: OneDNNCalls.Object?
  private var scratchBytes = 0
  private var primitives: [OneDNNProduct: OneDNNPrimitive] = [:]

  /// Prepares products of one thread.
  init(_ library: OneDNN) throws(OneDNNRefusal) {
    self.library = library
    let calls = library.calls
    let engine = unsafe library.engine
    unsafe stream = try calls.made { unsafe calls.streamCreate($0, engine, OneDNNCalls.Number.inOrder) }
  }

  deinit {
    _ = unsafe library.calls.streamDestroy(stream)
    unsafe scratch?.deallocate()
  }

  /// C ← op(A)·op(B), or C ← C + op(A)·op(B).
  ///
  /// The rows of A as it lies are what differs from call to call: a shape is made ready once for all numbers of them.
  /// Cost: 2·m·n·k FLOPs.
  ///
  /// - Parameters:
  ///   - a: op(A), shape (m, k) after the transpose.
  ///   - b: op(B), shape (k, n) after the transpose.
  ///   - c: The result, shape (m, n).
  public func gemm(
    _ a: BFloatMatrix, _ b: BFloatMatrix, into c: Matrix, transposeA: Bool = false, transposeB: Bool = false,
    adding isAdded: Bool = false
  ) {
    let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (inner, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(!(transposeA && transposeB), "gemm: one side may be transposed")
    precondition(k == inner, "gemm: (\(m), \(k)) · (\(inner), \(n)): inner \(k) ≠ \(inner)")
    precondition(c.rows == m && c.columns == n, "gemm: result (\(c.rows), \(c.columns)) for (\(m), \(n))")
    if m == 0 || n == 0 { return }
    if k == 0 { return isAdded ? () : c.fill(0) }
    do throws(OneDNNRefusal) {
      if a.rows == 1 {
        // The library has another way for a single row, whose numbers differ in the last bits from those among others.
        try padded(a, b, c, transposeA, transposeB, isAdded)
      } else {
        try run(a, b, c, transposeA, transposeB, isAdded)
      }
    } catch {
      // Every kind of product was done once when the library was loaded.
      preconditionFailure(
        "oneDNN \(library.version) refuses a product of (\(a.rows), \(a.columns)) and (\(b.rows), \(b.columns)): "
          + "status \(error.status)")
    }
  }

  /// A row of zeros behind the single one.
  private func padded(
    _ a: BFloatMatrix, _ b: BFloatMatrix, _ c: Matrix, _ transposeA: Bool, _ transposeB: Bool, _ isAdded: Bool
  ) throws(OneDNNRefusal) {
    let two = BFloatMatrix(rows: 2, columns: a.columns)
    two.copy(a, to: 0)
    if transposeA {
      // The sum runs over the row of A and that of B.
      let other = BFloatMatrix(rows: 2, columns: b.columns)
      other.copy(b, to: 0)
      return try run(two, other, c, true, false, isAdded)
    }
    let result = Matrix(rows: 2, columns: c.columns)
    if isAdded { result.rows(0..<1).copy(from: c) }
    try run(two, b, result, false, transposeB, isAdded)
    c.copy(from: result.rows(0..<1))
  }

  /// The product of sides whose sizes fit, neither of which is empty.
  func run(
    _ a: BFloatMatrix, _ b: BFloatMatrix, _ c: Matrix, _ transposeA: Bool, _ transposeB: Bool, _ isAdded: Bool
  ) throws(OneDNNRefusal) {
    let primitive = try primitive(a, b, c, transposeA, transposeB, isAdded)
    reserve(primitive.scratchBytes)
    unsafe try primitive.run(rows: a.rows, a, b, c, stream: stream, scratch: scratch)
  }

  private func primitive(
    _ a: BFloatMatrix, _ b: BFloatMatrix, _ c: Matrix, _ transposeA: Bool, _ transposeB: Bool, _ isAdded: Bool
  ) throws(OneDNNRefusal) -> OneDNNPrimitive {
    let product = OneDNNProduct(
      isTransposedA: transposeA, isTransposedB: transposeB, isAdded: isAdded, columnsA: a.columns,
      columns: c.columns, strideA: a.stride, strideB: b.stride, strideC: c.stride)
    if let known = primitives[product] { return known }
    let made = try OneDNNPrimitive(product, library)
    primitives[product] = made
    return made
  }

  /// The kernel that the library uses for such a product, for instance `gemm:jit`.
  package func implementation(
    _ a: BFloatMatrix, _ b: BFloatMatrix, _ c: Matrix, transposeA: Bool = false, transposeB: Bool = false,
    adding isAdded: Bool = false
  ) -> String {
    do throws(OneDNNRefusal) {
      return try primitive(a, b, c, transposeA, transposeB, isAdded).implementation
    } catch {
      return "refused with status \(error.status)"
    }
  }

  private func reserve(_ bytes: Int) {
    guard bytes > scratchBytes else { return }
    unsafe scratch?.deallocate()
    // SAFETY: freed in deinit or when it grows.
    unsafe scratch = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    scratchBytes = bytes
  }
}
