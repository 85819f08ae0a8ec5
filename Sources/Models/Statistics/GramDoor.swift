public import LinearAlgebra
public import Outlines

/// Sums XᵀX of the inputs of some linear layers in the forward pass, once for layers that read the same input.
///
/// Only upper triangles are summed. Cost: T·in² FLOPs an input.
public final class GramDoor: LinearDoor {
  /// The sums; at one layer for each input.
  public let sums: SiteMatrices
  /// No backward pass is made.
  public let lowestLayer = 0

  /// Measures the inputs of some layers.
  public init(sites: [LinearLayer]) {
    sums = SiteMatrices(sites: sites.readers) { ($0.in, $0.in) }
  }

  /// No backward pass is made.
  public func readsInput(of site: LinearLayer) -> Bool { false }

  /// Adds XᵀX.
  public func forward(_ site: LinearLayer, x: Operand, y: Matrix, workspace: Workspace) {
    guard let sum = sums[site] else { return }
    let mark = workspace.mark
    x.floats(workspace).addGramOfColumns(toUpper: sum)
    workspace.release(to: mark)
  }

  /// Nothing.
  public func backward(_ site: LinearLayer, x: Operand, dy: Operand, dx: Matrix?, workspace: Workspace) {}
}
