internal import LinearAlgebra
internal import Merging
internal import Models
internal import Outlines

/// Gradients by the small matrices M of a learnable merge, for weights into which L·M·R is folded.
///
/// Source: ∂L/∂W = Σ_tokens dy·xᵀ, so that G = Lᵀ·(∂L/∂W)·Rᵀ = (dy·L)ᵀ·(x·Rᵀ). Cost: 2·T·r·(in + out + r) FLOPs a layer, or
/// 2·T·in·out where L and R are missing.
final class CoefficientDoor: LinearDoor {
  private let sites: [(left: Matrix?, right: Matrix?, gradient: Matrix)?]
  let lowestLayer: Int

  /// - Parameters:
  ///   - gradients: A matrix of M's shape for every site, to which gradients are added.
  init(
    outline: ModelOutline, sites: [(site: LinearLayer, learnable: LearnableMerge.Site)], gradients: [Matrix]
  ) {
    var table = [(left: Matrix?, right: Matrix?, gradient: Matrix)?](
      repeating: nil, count: outline.layers.count)
    for (entry, gradient) in zip(sites, gradients) {
      table[entry.site.index] = (entry.learnable.left, entry.learnable.right, gradient)
    }
    self.sites = table
    lowestLayer = sites.map(\.site).lowestBlock
  }

  func readsInput(of site: LinearLayer) -> Bool { sites[site.index] != nil }

  /// The folded weights did the work.
  func forward(_ site: LinearLayer, x: Operand, y: Matrix, workspace: Workspace) {}

  func backward(_ site: LinearLayer, x: Operand, dy: Operand, dx: Matrix?, workspace: Workspace) {
    guard let (left, right, gradient) = sites[site.index] else { return }
    let mark = workspace.mark
    let (x, dy) = (x.floats(workspace), dy.floats(workspace))
    var (v, u) = (dy, x)
    if let left {
      v = workspace.matrix(rows: dy.rows, columns: left.columns)
      gemm(dy, left, into: v)
    }
    if let right {
      u = workspace.matrix(rows: x.rows, columns: right.rows)
      gemm(x, right, into: u, transposeB: true)
    }
    gemm(v, u, into: gradient, transposeA: true, beta: 1)
    workspace.release(to: mark)
  }
}
