internal import LinearAlgebra

/// Word, position and type embeddings, added up.
enum Embedding {
  /// - Parameter sum: (T, C), overwritten.
  static func forward(_ weights: EncoderWeights, _ batch: PackedBatch, into sum: Matrix) {
    for row in 0..<batch.rows {
      for t in batch.range(row) {
        let y = sum.rows(t..<t + 1)
        y.copy(from: weights.words.rows(index(batch.ids[t], weights.words)))
        let position = t - batch.starts[row]
        add(weights.positions.rows(position..<position + 1), to: y)
        add(weights.types.rows(index(batch.types[t], weights.types)), to: y)
      }
    }
  }

  /// Accumulates the gradients of the three tables.
  static func backward(_ dsum: Matrix, _ batch: PackedBatch, into gradients: EncoderWeights) {
    for row in 0..<batch.rows {
      for t in batch.range(row) {
        let dy = dsum.rows(t..<t + 1)
        let position = t - batch.starts[row]
        add(dy, to: gradients.words.rows(index(batch.ids[t], gradients.words)))
        add(dy, to: gradients.positions.rows(position..<position + 1))
        add(dy, to: gradients.types.rows(index(batch.types[t], gradients.types)))
      }
    }
  }

  private static func index(_ id: Int32, _ table: Matrix) -> Range<Int> {
    precondition(id >= 0 && Int(id) < table.rows, "token \(id) of a table of \(table.rows)")
    return Int(id)..<Int(id) + 1
  }
}
