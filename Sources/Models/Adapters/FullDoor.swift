public import LinearAlgebra
public import Outlines

/// Gradients of all linear weights: dW += dyᵀ·x.
///
/// Cost: 2·T·in·out FLOPs a layer.
public final class FullDoor: LinearDoor {
  private let gradients: any Network
  /// All blocks are trained.
  public let lowestLayer = 0

  /// Accumulates into weights of the same shape.
  public init(gradients: any Network) {
    self.gradients = gradients
  }

  /// Everywhere.
  public func readsInput(of site: LinearLayer) -> Bool { true }

  /// Adds nothing.
  public func forward(_ site: LinearLayer, x: Operand, y: Matrix, workspace: Workspace) {}

  /// Accumulates dW.
  public func backward(_ site: LinearLayer, x: Operand, dy: Operand, dx: Matrix?, workspace: Workspace) {
    let mark = workspace.mark
    gemm(
      dy.floats(workspace), x.floats(workspace), into: gradients.weight(site), transposeA: true, beta: 1)
    workspace.release(to: mark)
  }
}
