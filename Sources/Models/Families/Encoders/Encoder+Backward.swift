internal import Basics
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
    func linear(
      _ roles: [EncoderDesign.Role], _ weight: FrozenWeight, _ x: Operand, _ dy: Operand, _ dx: Matrix?,
      adding: Bool = false
    ) {
      if let dx { weight.backward(dy, into: dx, adding: adding, workspace: workspace) }
      for (role, columns) in parts(roles, dy.columns) {
        let site = layer(number, role)
        let dy = dy.columns(columns)
        if let dx {
          for factors in factors(beside: site) { factors.backward(dy, addingTo: dx, workspace: workspace) }
        }
        door.backward(site, x: x, dy: dy, dx: dx, workspace: workspace)
      }
    }

    // in the forward pass this was: result = norm(middle + output(activation(intermediate(middle))))
    LayerNorm.backward(
      dy, normalised: saved.outputNormal, rstd: saved.outputRstd, gain: block.outputGain,
      dgain: d?.outputGain,
      dbias: d?.outputNormBias)
    if let d { accumulateBiasGradient(dy, into: d.outputBias) }
    let dactivated = workspace.matrix(rows: T, columns: design.intermediate)
    linear(
      [.output], block.output, activation(saved, layer(number, .output), door, workspace),
      operand(of: dy, workspace), dactivated)
    let dintermediate: Operand =
      precision == .float32 ? .floats(dactivated) : operand(T, design.intermediate, workspace)
    inRowBlocks(dactivated) { rows in
      saved.intermediate.read(rows, workspace) { design.activation.backward(dactivated.rows(rows), $0) }
      dintermediate.round(rows, of: dactivated)
    }
    if let d { accumulateBiasGradient(dactivated, into: d.intermediateBias) }
    linear([.intermediate], block.intermediate, saved.middle, dintermediate, dy, adding: true)

    // in the forward pass this was: middle = norm(x + attentionOutput(context))
    LayerNorm.backward(
      dy, normalised: saved.attentionNormal, rstd: saved.attentionRstd, gain: block.attentionGain,
      dgain: d?.attentionGain, dbias: d?.attentionBias)
    if let d { accumulateBiasGradient(dy, into: d.attentionOutputBias) }
    let dcontext = workspace.matrix(rows: T, columns: C)
    linear([.attentionOutput], block.attentionOutput, saved.context, operand(of: dy, workspace), dcontext)

    let dqkv = operand(T, 3 * C, workspace)
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
    linear([.query, .key, .value], block.qkv, saved.x, dqkv, dx, adding: true)
  }

  /// The activation's result, computed again where the door reads it.
  private func activation(
    _ saved: EncoderBlockTape, _ site: LinearLayer, _ door: any LinearDoor, _ workspace: Workspace
  ) -> Operand {
    let x = saved.intermediate
    guard door.readsInput(of: site) else { return x }
    let activated = operand(x.rows, x.columns, workspace)
    inRowBlocks(rows: x.rows, columns: x.columns) { rows in
      x.read(rows, workspace) { input in
        activated.fill(rows, workspace) { design.activation.forward(input, $0) }
      }
    }
    return activated
  }
}
