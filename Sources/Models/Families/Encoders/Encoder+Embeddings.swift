public import LinearAlgebra

/// What the embeddings save: x̂ of their norm, (T, C), and its rstd, (1, T).
public struct EncoderEntryTape {
  var normal: Matrix
  var rstd: Matrix
}

extension Encoder {
  /// The norm over the sum of word, position and type.
  public func embed(_ batch: PackedBatch, workspace: Workspace, into x: Matrix) -> EncoderEntryTape {
    let normal = workspace.matrix(rows: batch.tokens, columns: design.hidden)
    let rstd = workspace.matrix(rows: 1, columns: batch.tokens)
    for row in 0..<batch.rows {
      for t in batch.range(row) {
        let y = normal.rows(t..<t + 1)
        y.copy(from: words.rows(index(batch.ids[t], words)))
        let position = t - batch.starts[row]
        add(positions.rows(position..<position + 1), to: y)
        if let types { add(types.rows(index(batch.types[t], types)), to: y) }
      }
    }
    LayerNorm.forward(
      normal, gain: embeddingGain, bias: embeddingBias, epsilon: design.epsilon, rstd: rstd, into: x)
    return EncoderEntryTape(normal: normal, rstd: rstd)
  }

  /// Accumulates the gradients of the norm and of the tables.
  public func backward(
    embeddings saved: EncoderEntryTape, _ batch: PackedBatch, dy: Matrix, gradients: Encoder
  ) {
    LayerNorm.backward(
      dy, normalised: saved.normal, rstd: saved.rstd, gain: embeddingGain, dgain: gradients.embeddingGain,
      dbias: gradients.embeddingBias)
    for row in 0..<batch.rows {
      for t in batch.range(row) {
        let dy = dy.rows(t..<t + 1)
        let position = t - batch.starts[row]
        add(dy, to: gradients.words.rows(index(batch.ids[t], gradients.words)))
        add(dy, to: gradients.positions.rows(position..<position + 1))
        if let types = gradients.types { add(dy, to: types.rows(index(batch.types[t], types))) }
      }
    }
  }

  private func index(_ id: Int32, _ table: Matrix) -> Range<Int> {
    precondition(id >= 0 && Int(id) < table.rows, "token \(id) of a table of \(table.rows)")
    return Int(id)..<Int(id) + 1
  }
}
