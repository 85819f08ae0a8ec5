internal import LinearAlgebra

/// The leading right singular vectors of every expert's change at every layer: the inputs that it changes most.
///
/// V_t (g, in) of ΔW_t = U·Σ·Vᵀ, through r × r cores; rows of zeros where the change has fewer directions.
/// - Returns: by layer the vectors of the experts that have it, below each other.
func leadingDirections(
  of experts: [RoutedExpert], width: Int
) throws -> [(path: String, rows: Matrix)] {
  try RoutedMerger.paths(of: experts).map { path in
    let blocks = try experts.compactMap { try $0.delta(path).map { try directions(of: $0, width: width) } }
    return (path, DoubleMatrix.belowEachOther(blocks).matrix)
  }
}

private func directions(of delta: LowRank, width: Int) throws -> DoubleMatrix {
  let vt = try delta.singularValues().prefix(width).vt
  return .belowEachOther([vt, DoubleMatrix(rows: width - vt.rows, columns: delta.columns)])
}
