internal import LinearAlgebra

/// Merging the numbers of all models at one entry, for every entry.
enum Entrywise {
  private static let block = 64

  /// The full matrix whose entries `combine` makes of the models' entries; a missing model gives zeros.
  ///
  /// A block of rows of every model is made in full at a time, the whole of none. Cost: O(out·in·R) with R =
  /// Σr.
  /// - Parameters:
  ///   - deltas: At least one is there.
  ///   - combine: May change the array of the models' entries, which is made anew for the next one.
  static func merge(_ deltas: [LowRank?], _ combine: (inout [Double]) -> Double) -> DoubleMatrix {
    let shape = deltas.lazy.compactMap { $0 }.first.map { ($0.rows, $0.columns) } ?? (0, 0)
    var merged: [Double] = []
    merged.reserveCapacity(shape.0 * shape.1)
    var entry = [Double](repeating: 0, count: deltas.count)
    for start in stride(from: 0, to: shape.0, by: block) {
      let rows = start..<min(start + block, shape.0)
      let parts = deltas.map { delta in
        delta.map { LowRank(b: $0.b.rows(rows), a: $0.a, scale: $0.scale).dense.values }
      }
      for i in 0..<rows.count * shape.1 {
        for model in parts.indices { entry[model] = parts[model]?[i] ?? 0 }
        merged.append(combine(&entry))
      }
    }
    return DoubleMatrix(rows: shape.0, columns: shape.1, values: merged)
  }
}
