public import LinearAlgebra
internal import Outlines

extension Encoder {
  /// The gradient by a block's input, from the last line of the forward pass to its first.
  public func backward(
    block number: Int, _ saved: EncoderBlockTape, _ batch: PackedBatch, dy: Matrix, door: any LinearDoor,
    gradients: Encoder?, workspace: Workspace, into dx: Matrix?
  ) {
    let T = dy.rows
    let C = dy.columns
    let block = blocks[number]
    let d = gradients?.blocks[number]
    func linear(_ role: EncoderDesign.Role, _ x: Matrix, _ dy: Matrix, _ dx: Matrix?, beta: Float = 0) {
      if let dx { gemm(dy, block.weight(role), into: dx, beta: beta) }
      door.backward(layer(number, role), x: x, dy: dy, dx: dx, workspace: workspace)
    }

    // in the forward pass this was: result = norm(middle + output(GELU(intermediate(middle))))
    LayerNorm.backward(
      dy, normalised: saved.outputNormal, rstd: saved.outputRstd, gain: block.outputGain,
      dgain: d?.outputGain,
      dbias: d?.outputNormBias)
    if let d { accumulateBiasGradient(dy, into: d.outputBias) }
    let dintermediate = workspace.matrix(rows: T, columns: design.intermediate)
    linear(
      .output, activation(saved, layer(number, .output), door, workspace), dy, dintermediate)
    GELU.backward(dintermediate, input: saved.intermediate)
    if let d { accumulateBiasGradient(dintermediate, into: d.intermediateBias) }
    linear(.intermediate, saved.middle, dintermediate, dy, beta: 1)

    // in the forward pass this was: middle = norm(x + attentionOutput(context))
    LayerNorm.backward(
      dy, normalised: saved.attentionNormal, rstd: saved.attentionRstd, gain: block.attentionGain,
      dgain: d?.attentionGain, dbias: d?.attentionBias)
    if let d { accumulateBiasGradient(dy, into: d.attentionOutputBias) }
    let dcontext = workspace.matrix(rows: T, columns: C)
    linear(.attentionOutput, saved.context, dy, dcontext)

    let dqkv = workspace.matrix(rows: T, columns: 3 * C)
    let ddistances = gradients?.distances.map { _ in
      workspace.zeros(rows: design.heads, columns: 2 * batch.longestRow - 1)
    }
    Attention.backward(
      dcontext, qkv: saved.qkv, batch: batch, heads: design.heads,
      probabilities: saved.probabilities, into: dqkv, ddistances: ddistances, workspace: workspace)
    if let ddistances, let total = gradients?.distances { RelativeDistances.gather(ddistances, into: total) }
    if let d { accumulateBiasGradient(dqkv, into: d.qkvBias) }
    // in the forward pass this was: qkv = x·Wᵀ; x also went around attention, so dx starts as dy
    if let dx {
      dx.copy(from: dy)
      gemm(dqkv, block.qkv, into: dx, beta: 1)
    }
    for (i, role) in [EncoderDesign.Role.query, .key, .value].enumerated() {
      door.backward(
        layer(number, role), x: saved.x, dy: dqkv.columns(i * C..<(i + 1) * C), dx: dx,
        workspace: workspace)
    }
  }

  /// GELU's result, computed again where the door reads it.
  private func activation(
    _ saved: EncoderBlockTape, _ site: LinearLayer, _ door: any LinearDoor, _ workspace: Workspace
  ) -> Matrix {
    let x = saved.intermediate
    guard door.readsInput(of: site) else { return x }
    let activated = workspace.matrix(rows: x.rows, columns: x.columns)
    GELU.forward(x, into: activated)
    return activated
  }
}
