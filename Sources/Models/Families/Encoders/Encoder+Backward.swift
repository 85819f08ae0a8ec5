internal import Basics
internal import LinearAlgebra
internal import Outlines

extension Encoder {
  /// The gradient by a block's input, from the last line of the forward pass to its first.
  func backward(
    block number: Int, _ saved: EncoderBlockTape, _ batch: PackedBatch, dy: Matrix, door: any LinearDoor,
    gradients: Encoder?, workspace: Workspace, into dx: Matrix?
  ) {
    let T = dy.rows
    let C = dy.columns
    let block = blocks[number]
    let d = gradients?.blocks[number]
    func linear(_ stack: Stack, _ x: Operand, _ dy: Operand, _ dx: Matrix?, adding: Bool = false) {
      self.stack(number, stack).backward(
        dy, of: x, into: dx, adding: adding, door: door, workspace: workspace)
    }

    // in the forward pass this was: result = norm(middle + output(activation(intermediate(middle))))
    LayerNorm.backward(
      dy, normalised: saved.outputNormal, rstd: saved.outputRstd, gain: block.outputGain,
      dgain: d?.outputGain,
      dbias: d?.outputNormBias)
    if let d { accumulateBiasGradient(dy, into: d.outputBias) }
    let dactivated = workspace.matrix(rows: T, columns: design.intermediate)
    linear(
      .output, activation(saved, stack(number, .output), door, workspace),
      workspace.operand(of: dy, precision), dactivated)
    let dintermediate: Operand =
      precision == .float32 ? .floats(dactivated) : workspace.operand(T, design.intermediate, precision)
    inRowBlocks(dactivated) { rows in
      saved.intermediate.read(rows, workspace) { design.activation.backward(dactivated.rows(rows), $0) }
      dintermediate.round(rows, of: dactivated)
    }
    if let d { accumulateBiasGradient(dactivated, into: d.intermediateBias) }
    linear(.intermediate, saved.middle, dintermediate, dy, adding: true)

    // in the forward pass this was: middle = norm(x + attentionOutput(context))
    LayerNorm.backward(
      dy, normalised: saved.attentionNormal, rstd: saved.attentionRstd, gain: block.attentionGain,
      dgain: d?.attentionGain, dbias: d?.attentionBias)
    if let d { accumulateBiasGradient(dy, into: d.attentionOutputBias) }
    let dcontext = workspace.matrix(rows: T, columns: C)
    linear(.attentionOutput, saved.context, workspace.operand(of: dy, precision), dcontext)

    let dqkv = workspace.operand(T, 3 * C, precision)
    let ddistances = gradients?.distances.map { _ in
      workspace.zeros(rows: design.heads, columns: 2 * batch.longestRow - 1)
    }
    Attention.backward(
      dcontext, qkv: saved.qkv, batch: batch, heads: design.heads,
      probabilities: saved.probabilities, into: dqkv, ddistances: ddistances, workspace: workspace)
    if let ddistances, let total = gradients?.distances { RelativeDistances.gather(ddistances, into: total) }
    if let d { accumulateBiasGradient(dqkv.floats(workspace), into: d.qkvBias) }
    // in the forward pass this was: qkv = x·Wᵀ; x also went around attention, so dx starts as dy
    if let dx { dx.copy(from: dy) }
    linear(.qkv, saved.x, dqkv, dx, adding: true)
  }

  /// The activation's result, computed again where the door reads it.
  private func activation(
    _ saved: EncoderBlockTape, _ stack: LinearStack, _ door: any LinearDoor, _ workspace: Workspace
  ) -> Operand {
    let x = saved.intermediate
    guard stack.isRead(by: door) else { return x }
    let activated = workspace.operand(x.rows, x.columns, precision)
    inRowBlocks(rows: x.rows, columns: x.columns) { rows in
      x.read(rows, workspace) { input in
        activated.fill(rows, workspace) { design.activation.forward(input, $0) }
      }
    }
    return activated
  }
}
