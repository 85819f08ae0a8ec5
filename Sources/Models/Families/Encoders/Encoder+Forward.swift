public import LinearAlgebra

/// What a forward pass saves for one block; T tokens, channels C and F, Σ L²·H probabilities.
public struct EncoderBlockTape {
  /// (T, C): the block's input.
  var x: Matrix
  /// (T, 3C).
  var qkv: Matrix
  /// (1, Σ L²·H).
  var probabilities: Matrix
  /// (T, C).
  var context: Matrix
  /// x̂ of the norm after attention, (T, C), and its rstd, (1, T).
  var attentionNormal: Matrix
  var attentionRstd: Matrix
  /// (T, C): the feed-forward layer's input.
  var middle: Matrix
  /// (T, F): before the activation, bias added; what that makes of it is cheaper to compute again than to keep.
  var intermediate: Matrix
  /// x̂ of the last norm and its rstd.
  var outputNormal: Matrix
  var outputRstd: Matrix
}

extension Encoder {
  /// x ← norm(x + attention(x)), then x ← norm(x + output(activation(intermediate(x)))).
  public func forward(
    block number: Int, _ x: Matrix, _ batch: PackedBatch, door: (any LinearDoor)?, workspace: Workspace,
    into result: Matrix
  ) -> EncoderBlockTape {
    let T = x.rows
    let C = x.columns
    let F = design.intermediate
    let H = design.heads
    let block = blocks[number]
    let tape = EncoderBlockTape(
      x: x, qkv: workspace.matrix(rows: T, columns: 3 * C),
      probabilities: workspace.matrix(rows: 1, columns: Attention.probabilityCount(batch, heads: H)),
      context: workspace.matrix(rows: T, columns: C), attentionNormal: workspace.matrix(rows: T, columns: C),
      attentionRstd: workspace.matrix(rows: 1, columns: T), middle: workspace.matrix(rows: T, columns: C),
      intermediate: workspace.matrix(rows: T, columns: F),
      outputNormal: workspace.matrix(rows: T, columns: C), outputRstd: workspace.matrix(rows: 1, columns: T))

    gemm(x, block.qkv, into: tape.qkv, transposeB: true)
    for (i, role) in [EncoderDesign.Role.query, .key, .value].enumerated() {
      door?.forward(
        layer(number, role), x: x, y: tape.qkv.columns(i * C..<(i + 1) * C),
        workspace: workspace)
    }
    let beforeTable = workspace.mark
    Attention.forward(
      tape.qkv, bias: block.qkvBias, distances: distanceTable(batch, workspace), batch: batch, heads: H,
      probabilities: tape.probabilities, into: tape.context)
    workspace.release(to: beforeTable)

    func linear(_ role: EncoderDesign.Role, _ x: Matrix, _ y: Matrix) {
      gemm(x, block.weight(role), into: y, transposeB: true)
      door?.forward(layer(number, role), x: x, y: y, workspace: workspace)
    }
    func norm(
      _ x: Matrix, _ bias: Matrix, residual: Matrix, gain: Matrix, shift: Matrix, rstd: Matrix, _ y: Matrix
    ) {
      inRowBlocks(x) { rows in
        addBias(bias, residual: residual.rows(rows), to: x.rows(rows))
        LayerNorm.forward(
          x.rows(rows), gain: gain, bias: shift, epsilon: Float(design.epsilon), rstd: rstd.columns(rows),
          into: y.rows(rows))
      }
    }
    linear(.attentionOutput, tape.context, tape.attentionNormal)
    norm(
      tape.attentionNormal, block.attentionOutputBias, residual: x, gain: block.attentionGain,
      shift: block.attentionBias, rstd: tape.attentionRstd, tape.middle)
    let mark = workspace.mark
    let activated = workspace.matrix(rows: T, columns: F)
    linear(.intermediate, tape.middle, tape.intermediate)
    inRowBlocks(activated) { rows in
      addBias(block.intermediateBias, to: tape.intermediate.rows(rows))
      GELU.forward(tape.intermediate.rows(rows), into: activated.rows(rows))
    }
    linear(.output, activated, tape.outputNormal)
    workspace.release(to: mark)
    norm(
      tape.outputNormal, block.outputBias, residual: tape.middle, gain: block.outputGain,
      shift: block.outputNormBias, rstd: tape.outputRstd, result)
    return tape
  }

  /// What is added to scores by distance, (H, 2M − 1) for rows of at most M tokens; nil for a family that adds nothing.
  private func distanceTable(_ batch: PackedBatch, _ workspace: Workspace) -> Matrix? {
    guard let distances else { return nil }
    let table = workspace.matrix(rows: design.heads, columns: 2 * batch.longestRow - 1)
    RelativeDistances.spread(distances, into: table)
    return table
  }
}
