public import LinearAlgebra
public import Outlines

/// Sums the squares of the gradients of single rows by the weights of some linear layers.
///
/// The gradient of a row at a layer is dYᵀX over the row's tokens; rows of a batch do not see each other, so their
/// gradients come apart by tokens after one backward pass for all of them. A block of rows of a gradient is made at a
/// time, squared and forgotten. Cost: 2·T·in·out + 2·R·in·out FLOPs a layer for R rows of T tokens together.
public final class FisherDoor: LinearDoor {
  /// Σ over rows of (dW)², entry by entry.
  public let sums: SiteMatrices
  /// The lowest measured block.
  public let lowestLayer: Int
  /// The tokens of each row of the present batch.
  public var rows: [Range<Int>] = []

  /// Measures the weights of some layers.
  public init(sites: [LinearLayer]) {
    sums = SiteMatrices(sites: sites) { ($0.out, $0.in) }
    lowestLayer = sites.lowestBlock
  }

  /// Where something is measured.
  public func readsInput(of site: LinearLayer) -> Bool { sums[site] != nil }

  /// Adds nothing.
  public func forward(_ site: LinearLayer, x: Operand, y: Matrix, workspace: Workspace) {}

  /// Adds (dYᵀX)² of every row.
  public func backward(_ site: LinearLayer, x: Operand, dy: Operand, dx: Matrix?, workspace: Workspace) {
    guard let sum = sums[site] else { return }
    let start = workspace.mark
    let (x, dy) = (x.floats(workspace), dy.floats(workspace))
    defer { workspace.release(to: start) }
    inRowBlocks(sum) { block in
      let mark = workspace.mark
      let gradient = workspace.matrix(rows: block.count, columns: sum.columns)
      for row in rows {
        gemm(dy.rows(row).columns(block), x.rows(row), into: gradient, transposeA: true)
        addSquares(gradient, to: sum.rows(block))
      }
      workspace.release(to: mark)
    }
  }

  private func addSquares(_ x: Matrix, to sum: Matrix) {
    x.withSpan { x in
      sum.withMutableSpan { sum in
        precondition(x.count == sum.count)
        for i in 0..<x.count { sum[i] += x[i] * x[i] }
      }
    }
  }
}
