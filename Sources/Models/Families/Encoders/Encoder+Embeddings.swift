internal import LinearAlgebra

/// What the embeddings save: x̂ of their norm, (T, C), and its rstd, (1, T).
struct EncoderEntryTape {
  var normal: Matrix
  var rstd: Matrix
}

extension Encoder {
  /// The norm over the sum of word, position and, where the family has one, type.
  func embed(_ batch: PackedBatch, workspace: Workspace, into x: Matrix) -> EncoderEntryTape {
    let normal = workspace.matrix(rows: batch.tokens, columns: design.hidden)
    let rstd = workspace.matrix(rows: 1, columns: batch.tokens)
    forEachToken(batch) { t, position in
      let y = normal.rows(t..<t + 1)
      y.copy(from: words.rows(index(batch.ids[t], words)))
      add(positions.rows(position..<position + 1), to: y)
      if let types { add(types.rows(index(batch.types[t], types)), to: y) }
    }
    LayerNorm.forward(
      normal, gain: embeddingGain, bias: embeddingBias, epsilon: Float(design.epsilon), rstd: rstd, into: x)
    return EncoderEntryTape(normal: normal, rstd: rstd)
  }

  /// Accumulates the gradients of the norm and of the tables.
  func backward(
    embeddings saved: EncoderEntryTape, _ batch: PackedBatch, dy: Matrix, gradients: Encoder
  ) {
    LayerNorm.backward(
      dy, normalised: saved.normal, rstd: saved.rstd, gain: embeddingGain, dgain: gradients.embeddingGain,
      dbias: gradients.embeddingBias)
    forEachToken(batch) { t, position in
      let dy = dy.rows(t..<t + 1)
      if let types = gradients.types { add(dy, to: types.rows(index(batch.types[t], types))) }
      // As in PyTorch, a padding token and its position are not trained.
      if batch.ids[t] == design.padding { return }
      add(dy, to: gradients.words.rows(index(batch.ids[t], gradients.words)))
      add(dy, to: gradients.positions.rows(position..<position + 1))
    }
  }

  /// Calls `body` with every token's place in the batch and the row of the table of positions that it reads.
  private func forEachToken(_ batch: PackedBatch, _ body: (Int, Int) -> Void) {
    for row in 0..<batch.rows {
      guard let padding = design.padding else {
        for t in batch.range(row) { body(t, t - batch.starts[row]) }
        continue
      }
      var last = Int(padding)
      for t in batch.range(row) {
        let isPadding = batch.ids[t] == padding
        if !isPadding { last += 1 }
        body(t, isPadding ? Int(padding) : last)
      }
    }
  }

  private func index(_ id: Int32, _ table: Matrix) -> Range<Int> {
    precondition(id >= 0 && Int(id) < table.rows, "token \(id) of a table of \(table.rows)")
    return Int(id)..<Int(id) + 1
  }
}
