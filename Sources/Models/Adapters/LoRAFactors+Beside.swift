package import LinearAlgebra

/// Factors that run beside a frozen weight: y = x·Wᵀ + s·(x·Aᵀ)·Bᵀ.
///
/// In bf16 they must not be folded: W + s·B·A rounded to eight bits loses every change below a 256th of a weight. Beside it
/// the change has eight bits of its own. The factors themselves stay floats; A is rounded where it meets rounded x, in u = x·Aᵀ,
/// and B where it meets rounded dy, in v = dy·B. The sums u and v, and their products with the other factor, are floats.
/// Cost: 2·T·r·(in + out) FLOPs in each direction.
extension LoRAFactors {
  /// y ← y + s·(x·Aᵀ)·Bᵀ.
  ///
  /// Shapes: x (T, in), y (T, out).
  package func forward(_ x: Operand, addingTo y: Matrix, workspace: Workspace) {
    let mark = workspace.mark
    let u: Matrix
    switch x {
    case .rounded(let x): u = inner(x, workspace)
    case .floats(let x):
      u = workspace.matrix(rows: x.rows, columns: a.rows)
      gemm(x, a, into: u, transposeB: true)
    }
    gemm(u, b, into: y, transposeB: true, alpha: scale, beta: 1)
    workspace.release(to: mark)
  }

  /// dx ← dx + s·(dy·B)·A.
  ///
  /// Shapes: dy (T, out), dx (T, in).
  package func backward(_ dy: Operand, addingTo dx: Matrix, workspace: Workspace) {
    let mark = workspace.mark
    let v: Matrix
    switch dy {
    case .rounded(let dy): v = outer(dy, workspace)
    case .floats(let dy):
      v = workspace.matrix(rows: dy.rows, columns: b.columns)
      gemm(dy, b, into: v)
    }
    gemm(v, a, into: dx, alpha: scale, beta: 1)
    workspace.release(to: mark)
  }

  /// u = x·Aᵀ, (T, r), in the workspace.
  func inner(_ x: BFloatMatrix, _ workspace: Workspace) -> Matrix {
    let u = workspace.matrix(rows: x.rows, columns: a.rows)
    let mark = workspace.mark
    workspace.products.gemm(x, workspace.rounded(a), into: u, transposeB: true)
    workspace.release(to: mark)
    return u
  }

  /// v = dy·B, (T, r), in the workspace.
  func outer(_ dy: BFloatMatrix, _ workspace: Workspace) -> Matrix {
    let v = workspace.matrix(rows: dy.rows, columns: b.columns)
    let mark = workspace.mark
    workspace.products.gemm(dy, workspace.rounded(b), into: v)
    workspace.release(to: mark)
    return v
  }
}
