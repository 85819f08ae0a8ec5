internal import Basics
internal import LinearAlgebra
internal import Outlines

/// What a forward pass saves for one block; what costs less to compute again is not kept: what norms and the activation give.
struct DecoderBlockTape {
  /// (T, C): the block's input, and 1 ÷ its root mean square, (1, T).
  var x: Matrix
  var rstd: Matrix
  /// What attention reads again.
  var attention: CausalAttention.Saved
  /// (T, H·D).
  var context: Operand
  /// (T, C): the input with attention added, and its rstd.
  var middle: Matrix
  var middleRstd: Matrix
  /// (T, F) each.
  var gate: Operand
  var up: Operand
  /// Of the last block, what enters the norm behind it, (T, C), and its rstd.
  var last: (x: Matrix, rstd: Matrix)?
}

extension Decoder {
  /// Blocks read their inputs again.
  var tapeHoldsInputs: Bool { true }

  /// The rows of the table of tokens.
  func embed(_ batch: PackedBatch, workspace: Workspace, into x: Matrix) {
    for t in 0..<batch.tokens { x.rows(t..<t + 1).copy(from: words.rows(index(batch.ids[t]))) }
  }

  /// Accumulates the gradient of the table.
  func backward(embeddings saved: Void, _ batch: PackedBatch, dy: Matrix, gradients: Decoder) {
    for t in 0..<batch.tokens { add(dy.rows(t..<t + 1), to: gradients.words.rows(index(batch.ids[t]))) }
  }

  private func index(_ id: Int32) -> Range<Int> {
    precondition(id >= 0 && Int(id) < words.rows, "token \(id) of a table of \(words.rows)")
    return Int(id)..<Int(id) + 1
  }

  /// x ← x + attention(norm(x)), then x ← x + down(activation(gate(norm(x))) ⊙ up(norm(x))); after the last block its norm.
  func forward(
    block number: Int, _ x: Matrix, _ batch: PackedBatch, door: (any LinearDoor)?, workspace: Workspace,
    into result: Matrix
  ) -> DecoderBlockTape {
    let (T, C, F) = (x.rows, x.columns, design.intermediate)
    let block = blocks[number]
    let isLast = number == blocks.count - 1
    func fresh(_ columns: Int) -> Matrix { workspace.matrix(rows: T, columns: columns) }
    func linear(_ role: DecoderDesign.Role, _ x: Operand, _ y: Matrix, adding: Bool = false) {
      stack(number, role).forward(x, into: y, adding: adding, door: door, workspace: workspace)
      if let bias = block.biases[role] { addBias(bias, to: y) }
    }
    let (Q, K) = (design.heads * design.headSize, design.keyHeads * design.headSize)
    let rstd = workspace.matrix(rows: 1, columns: T)
    let middle = fresh(C)
    let middleRstd = workspace.matrix(rows: 1, columns: T)
    let context = workspace.operand(T, Q, precision)
    let (gate, up) = (workspace.operand(T, F, precision), workspace.operand(T, F, precision))
    let last = isLast ? (x: fresh(C), rstd: workspace.matrix(rows: 1, columns: T)) : nil
    let values = fresh(K)
    let saved = block.attention.saved(values: values, batch, workspace: workspace)

    let mark = workspace.mark
    let normal = norm(x, block.attentionGain, rstd, workspace)
    let (queries, keys) = (fresh(Q), fresh(K))
    linear(.query, normal, queries)
    linear(.key, normal, keys)
    linear(.value, normal, values)
    block.attention.forward(
      queries: queries, keys: keys, saved, batch, into: context, workspace: workspace)
    middle.copy(from: x)
    linear(.attentionOutput, context, middle, adding: true)
    workspace.release(to: mark)

    let inner = norm(middle, block.feedForwardGain, middleRstd, workspace)
    for (role, y) in [(DecoderDesign.Role.gate, gate), (.up, up)] {
      let mark = workspace.mark
      let room = y.room(workspace)
      linear(role, inner, room)
      y.round(0..<T, of: room)
      workspace.release(to: mark)
    }
    let whole = last?.x ?? result
    whole.copy(from: middle)
    linear(.down, gated(gate, up, workspace), whole, adding: true)
    workspace.release(to: mark)
    if let last {
      RMSNorm.forward(
        last.x, gain: finalGain, epsilon: Float(design.epsilon), rstd: last.rstd, into: result)
    }
    return DecoderBlockTape(
      x: x, rstd: rstd, attention: saved, context: context, middle: middle, middleRstd: middleRstd,
      gate: gate,
      up: up, last: last)
  }

  /// What a norm gives, as products read it.
  private func norm(_ x: Matrix, _ gain: Matrix, _ rstd: Matrix, _ workspace: Workspace) -> Operand {
    let normal = workspace.operand(x.rows, x.columns, precision)
    inRowBlocks(x) { rows in
      normal.fill(rows, workspace) { y in
        RMSNorm.forward(
          x.rows(rows), gain: gain, epsilon: Float(design.epsilon), rstd: rstd.columns(rows), into: y)
      }
    }
    return normal
  }

  /// activation(gate) ⊙ up, as products read it, (T, F).
  func gated(_ gate: Operand, _ up: Operand, _ workspace: Workspace) -> Operand {
    let result = workspace.operand(gate.rows, gate.columns, precision)
    inRowBlocks(rows: gate.rows, columns: gate.columns) { rows in
      gate.read(rows, workspace) { gate in
        up.read(rows, workspace) { up in
          result.fill(rows, workspace) { y in
            design.activation.forward(gate, y)
            multiply(y, by: up)
          }
        }
      }
    }
    return result
  }
}
