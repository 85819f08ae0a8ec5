public import LinearAlgebra
public import Outlines

/// A matrix for each of some linear layers of a network: what a measurement sums up over batches.
public struct SiteMatrices: Sendable {
  /// The layers in the order of the forward pass.
  public let sites: [LinearLayer]
  private let table: [Matrix?]

  /// Zeros.
  ///
  /// - Parameter size: Rows and columns at a layer.
  public init(
    sites: [LinearLayer], size: (LinearLayer) -> (rows: Int, columns: Int)
  ) {
    self.sites = sites
    var table = [Matrix?](repeating: nil, count: (sites.map(\.index).max() ?? -1) + 1)
    for site in sites {
      let (rows, columns) = size(site)
      table[site.index] = Matrix(rows: rows, columns: columns)
    }
    self.table = table
  }

  /// The matrix of a layer; nil where there is none.
  public subscript(site: LinearLayer) -> Matrix? { site.index < table.count ? table[site.index] : nil }

  /// The matrices in the order of `sites`.
  public var matrices: [Matrix] { sites.compactMap { table[$0.index] } }

  /// Sets all to zero.
  public func clear() {
    for matrix in matrices { matrix.fill(0) }
  }

  /// Adds matrices of the same layers.
  public func add(_ other: SiteMatrices) {
    for (mine, others) in zip(matrices, other.matrices) { Models.add(others, to: mine) }
  }

  /// Scales all.
  public func scale(by factor: Float) {
    for matrix in matrices { Models.scale(matrix, by: factor) }
  }
}
