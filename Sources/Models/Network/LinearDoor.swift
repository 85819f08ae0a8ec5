public import LinearAlgebra
public import Outlines

/// What stands at every linear layer: it may change the output, and sees the input and the output's gradient.
///
/// One door serves LoRA, training of all weights, Gram matrices, Fisher information and learned merge coefficients.
public protocol LinearDoor: AnyObject {
  /// Blocks below this one need no backward pass.
  var lowestLayer: Int { get }
  /// Whether the backward pass at this layer wants its input x; where it does not, x may hold anything.
  func readsInput(of site: LinearLayer) -> Bool
  /// After y = x·Wᵀ (without the bias): may add to y. Shapes: x (T, in), y (T, out), both perhaps strided.
  func forward(_ site: LinearLayer, x: Operand, y: Matrix, workspace: Workspace)
  /// Sees x and dy; may add to dx, which is nil where nobody needs it and otherwise holds dy·W.
  func backward(_ site: LinearLayer, x: Operand, dy: Operand, dx: Matrix?, workspace: Workspace)
}
