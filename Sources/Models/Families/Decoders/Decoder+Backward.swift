internal import Basics
internal import LinearAlgebra
internal import Outlines

extension Decoder {
  /// The gradient by a block's input, from the last line of the forward pass to its first.
  func backward(
    block number: Int, _ saved: DecoderBlockTape, _ batch: PackedBatch, dy: Matrix, door: any LinearDoor,
    gradients: Decoder?, workspace: Workspace, into dx: Matrix?
  ) {
    let (T, C, F) = (dy.rows, dy.columns, design.intermediate)
    let block = blocks[number]
    let d = gradients?.blocks[number]
    func linear(
      _ role: DecoderDesign.Role, _ x: Operand, _ dy: Operand, _ dx: Matrix?, adding: Bool = false
    ) {
      if let dbias = d?.biases[role] { accumulateBiasGradient(dy.floats(workspace), into: dbias) }
      stack(number, role).backward(dy, of: x, into: dx, adding: adding, door: door, workspace: workspace)
    }
    /// What a norm gave, where a door reads it.
    func normal(_ x: Matrix, _ gain: Matrix, _ rstd: Matrix, readBy roles: [DecoderDesign.Role]) -> Operand {
      let normal = workspace.operand(T, C, precision)
      guard roles.contains(where: { stack(number, $0).isRead(by: door) }) else { return normal }
      inRowBlocks(x) { rows in
        normal.fill(rows, workspace) {
          RMSNorm.again(x.rows(rows), gain: gain, rstd: rstd.columns(rows), into: $0)
        }
      }
      return normal
    }
    var dy = dy
    if let last = saved.last {
      // in the forward pass this was: result = norm(x of the last block)
      let dlast = workspace.zeros(rows: T, columns: C)
      RMSNorm.backward(
        dy, of: last.x, rstd: last.rstd, gain: finalGain, dgain: gradients?.finalGain, addingTo: dlast)
      dy = dlast
    }

    // in the forward pass this was: x = middle + down(activation(gate) ⊙ up)
    let dgated = workspace.matrix(rows: T, columns: F)
    let isRead = stack(number, .down).isRead(by: door)
    linear(
      .down, isRead ? gated(saved.gate, saved.up, workspace) : saved.gate,
      workspace.operand(of: dy, precision), dgated)
    let (dgate, dup) = (workspace.operand(T, F, precision), workspace.operand(T, F, precision))
    inRowBlocks(dgated) { rows in
      let dgated = dgated.rows(rows)
      saved.gate.read(rows, workspace) { gate in
        saved.up.read(rows, workspace) { up in
          dup.fill(rows, workspace) { dup in
            design.activation.forward(gate, dup)
            multiply(dup, by: dgated)
          }
          multiply(dgated, by: up)
          design.activation.backward(dgated, gate)
        }
      }
      dgate.fill(rows, workspace) { $0.copy(from: dgated) }
    }
    let dnormal = workspace.matrix(rows: T, columns: C)
    let inner = normal(saved.middle, block.feedForwardGain, saved.middleRstd, readBy: [.gate, .up])
    linear(.gate, inner, dgate, dnormal)
    linear(.up, inner, dup, dnormal, adding: true)
    RMSNorm.backward(
      dnormal, of: saved.middle, rstd: saved.middleRstd, gain: block.feedForwardGain,
      dgain: d?.feedForwardGain, addingTo: dy)

    // in the forward pass this was: middle = x + attentionOutput(attention(norm(x)))
    let (Q, K) = (design.heads * design.headSize, design.keyHeads * design.headSize)
    let dcontext = workspace.matrix(rows: T, columns: Q)
    linear(.attentionOutput, saved.context, workspace.operand(of: dy, precision), dcontext)
    let dqueries = workspace.operand(T, Q, precision)
    let (dkeys, dvalues) = (workspace.operand(T, K, precision), workspace.operand(T, K, precision))
    block.attention.backward(
      dcontext, saved.attention, batch, dqueries: dqueries, dkeys: dkeys, dvalues: dvalues,
      workspace: workspace)
    let outer = normal(saved.x, block.attentionGain, saved.rstd, readBy: [.query, .key, .value])
    let dinput = dx == nil ? nil : dnormal
    linear(.query, outer, dqueries, dinput)
    linear(.key, outer, dkeys, dinput, adding: true)
    linear(.value, outer, dvalues, dinput, adding: true)
    guard let dx, let dinput else { return }
    // x also went around attention.
    dx.copy(from: dy)
    RMSNorm.backward(
      dinput, of: saved.x, rstd: saved.rstd, gain: block.attentionGain, dgain: d?.attentionGain, addingTo: dx)
  }
}
