/// The weight of a linear layer, (out, in), as products with rows of activations read it.
///
/// The one door to products with frozen weights. Floats go through OpenBLAS, the default and the reference; where the weight
/// lies in bf16 too, products are oneDNN's, with sums in single precision, and the floats are not touched.
public struct FrozenWeight: Sendable {
  /// The numbers as they are.
  public var floats: Matrix
  /// The same rounded to bf16, which products then read; nil where they read the floats.
  public var bfloats: BFloatMatrix?

  /// Joins both.
  public init(_ floats: Matrix, bfloats: BFloatMatrix? = nil) {
    precondition(
      bfloats.map { $0.rows == floats.rows && $0.columns == floats.columns } ?? true,
      "a rounded weight of another shape than (\(floats.rows), \(floats.columns))")
    self.floats = floats
    self.bfloats = bfloats
  }

  /// y ← x·Wᵀ, or y ← y + x·Wᵀ.
  ///
  /// - Parameters:
  ///   - x: (T, in).
  ///   - y: (T, out).
  public func forward(_ x: Operand, into y: Matrix, adding: Bool = false, workspace: Workspace) {
    let mark = workspace.mark
    if let bfloats {
      workspace.products.gemm(x.rounded(workspace), bfloats, into: y, transposeB: true, adding: adding)
    } else {
      gemm(x.floats(workspace), floats, into: y, transposeB: true, beta: adding ? 1 : 0)
    }
    workspace.release(to: mark)
  }

  /// dx ← dy·W, or dx ← dx + dy·W.
  ///
  /// - Parameters:
  ///   - dy: (T, out).
  ///   - dx: (T, in).
  public func backward(_ dy: Operand, into dx: Matrix, adding: Bool = false, workspace: Workspace) {
    let mark = workspace.mark
    if let bfloats {
      workspace.products.gemm(dy.rounded(workspace), bfloats, into: dx, adding: adding)
    } else {
      gemm(dy.floats(workspace), floats, into: dx, beta: adding ? 1 : 0)
    }
    workspace.release(to: mark)
  }

  /// The same numbers in storage of their own, to be written: products then read floats.
  public func copied() -> FrozenWeight { FrozenWeight(floats.copied()) }
}
