public import LinearAlgebra
internal import Outlines

extension Encoder {
  /// Runs the backward pass down to the lowest block that the door asks for.
  ///
  /// - Parameters:
  ///   - dhidden: The gradient by the last hidden state, (T, C); overwritten.
  ///   - gradients: Gradients of norms, biases and embeddings are accumulated here where all weights are trained; nil
  ///     with frozen weights. Gradients of the linear weights are the door's affair.
  public static func backward(
    _ weights: EncoderWeights, _ tape: Tape, dhidden: Matrix, door: any LinearDoor,
    gradients: EncoderWeights? = nil,
    workspace: Workspace
  ) {
    var dy = dhidden
    for layer in weights.blocks.indices.reversed() where layer >= door.lowestLayer {
      let isLast = layer == door.lowestLayer && gradients == nil
      let dx = workspace.matrix(rows: dy.rows, columns: dy.columns)
      let mark = workspace.mark
      backward(weights, layer, tape, dy: dy, door: door, gradients, workspace, into: isLast ? nil : dx)
      workspace.release(to: mark)
      dy = dx
    }
    guard let gradients, let embedding = tape.embedding else { return }
    LayerNorm.backward(
      dy, normalised: embedding.normal, rstd: embedding.rstd, gain: weights.embeddingGain,
      dgain: gradients.embeddingGain, dbias: gradients.embeddingBias)
    Embedding.backward(dy, tape.batch, into: gradients)
  }

  private static func backward(
    _ weights: EncoderWeights, _ layer: Int, _ tape: Tape, dy: Matrix, door: any LinearDoor,
    _ gradients: EncoderWeights?, _ workspace: Workspace, into dx: Matrix?
  ) {
    let T = dy.rows
    let C = dy.columns
    let block = weights.blocks[layer]
    let saved = tape.lists.blocks[layer - tape.firstBlock]
    let d = gradients?.blocks[layer]
    func linear(_ role: LinearRole, _ x: Matrix, _ dy: Matrix, _ dx: Matrix?, beta: Float = 0) {
      if let dx { gemm(dy, block.weight(role), into: dx, beta: beta) }
      door.backward(weights.layer(layer, role), x: x, dy: dy, dx: dx, workspace: workspace)
    }

    // in the forward pass this was: result = norm(middle + output(GELU(intermediate(middle))))
    LayerNorm.backward(
      dy, normalised: saved.outputNormal, rstd: saved.outputRstd, gain: block.outputGain,
      dgain: d?.outputGain,
      dbias: d?.outputNormBias)
    if let d { accumulateBiasGradient(dy, into: d.outputBias) }
    let dintermediate = workspace.matrix(rows: T, columns: weights.shape.intermediate)
    linear(
      .output, activation(saved, weights.layer(layer, .output), door, workspace), dy, dintermediate)
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
    Attention.backward(
      dcontext, qkv: saved.qkv, batch: tape.batch, heads: weights.shape.heads,
      probabilities: saved.probabilities,
      into: dqkv, workspace: workspace)
    if let d { accumulateBiasGradient(dqkv, into: d.qkvBias) }
    // in the forward pass this was: qkv = x·Wᵀ; x also went around attention, so dx starts as dy
    if let dx {
      dx.copy(from: dy)
      gemm(dqkv, block.qkv, into: dx, beta: 1)
    }
    for (i, role) in [LinearRole.query, .key, .value].enumerated() {
      door.backward(
        weights.layer(layer, role), x: saved.x, dy: dqkv.columns(i * C..<(i + 1) * C), dx: dx,
        workspace: workspace)
    }
  }

  /// GELU's result, computed again where the door reads it.
  private static func activation(
    _ saved: BlockTape, _ site: LinearLayer, _ door: any LinearDoor, _ workspace: Workspace
  ) -> Matrix {
    let x = saved.intermediate
    guard door.readsInput(of: site) else { return x }
    let activated = workspace.matrix(rows: x.rows, columns: x.columns)
    GELU.forward(x, into: activated)
    return activated
  }
}
