internal import Basics
internal import LinearAlgebra
internal import Outlines

/// What a forward pass saves for one block; T tokens, channels C and F, Σ L²·H probabilities.
///
/// What linear layers read is kept as products read it: in bf16 as rounded copies.
struct EncoderBlockTape {
  /// (T, C): the block's input.
  var x: Operand
  /// (T, 3C).
  var qkv: Matrix
  /// (1, Σ L²·H).
  var probabilities: Matrix
  /// (T, C).
  var context: Operand
  /// x̂ of the norm after attention, (T, C), and its rstd, (1, T).
  var attentionNormal: Matrix
  var attentionRstd: Matrix
  /// (T, C): the feed-forward layer's input.
  var middle: Operand
  /// (T, F): what the activation reads, bias added; what that makes of it is cheaper to compute again than to keep.
  var intermediate: Operand
  /// x̂ of the last norm and its rstd.
  var outputNormal: Matrix
  var outputRstd: Matrix
}

extension Encoder {
  /// Rounded copies stand on the tape instead of the inputs.
  var tapeHoldsInputs: Bool { precision == .float32 }

  /// x ← norm(x + attention(x)), then x ← norm(x + output(activation(intermediate(x)))).
  func forward(
    block number: Int, _ x: Matrix, _ batch: PackedBatch, door: (any LinearDoor)?, workspace: Workspace,
    into result: Matrix
  ) -> EncoderBlockTape {
    let T = x.rows
    let C = x.columns
    let F = design.intermediate
    let H = design.heads
    let block = blocks[number]
    let tape = EncoderBlockTape(
      x: workspace.operand(of: x, precision), qkv: workspace.matrix(rows: T, columns: 3 * C),
      probabilities: workspace.matrix(rows: 1, columns: Attention.probabilityCount(batch, heads: H)),
      context: workspace.operand(T, C, precision), attentionNormal: workspace.matrix(rows: T, columns: C),
      attentionRstd: workspace.matrix(rows: 1, columns: T), middle: workspace.operand(T, C, precision),
      intermediate: workspace.operand(T, F, precision),
      outputNormal: workspace.matrix(rows: T, columns: C), outputRstd: workspace.matrix(rows: 1, columns: T))

    func linear(_ stack: Stack, _ x: Operand, _ y: Matrix) {
      self.stack(number, stack).forward(x, into: y, door: door, workspace: workspace)
    }
    linear(.qkv, tape.x, tape.qkv)
    let mark = workspace.mark
    Attention.forward(
      tape.qkv, bias: block.qkvBias, distances: distanceTable(batch, workspace), batch: batch, heads: H,
      probabilities: tape.probabilities, into: tape.context, workspace: workspace)
    workspace.release(to: mark)

    func norm(
      _ x: Matrix, _ bias: Matrix, residual: Matrix, gain: Matrix, shift: Matrix, rstd: Matrix, _ y: Matrix,
      _ done: (Range<Int>) -> Void = { _ in }
    ) {
      inRowBlocks(x) { rows in
        addBias(bias, residual: residual.rows(rows), to: x.rows(rows))
        LayerNorm.forward(
          x.rows(rows), gain: gain, bias: shift, epsilon: Float(design.epsilon), rstd: rstd.columns(rows),
          into: y.rows(rows))
        done(rows)
      }
    }
    linear(.attentionOutput, tape.context, tape.attentionNormal)
    // What goes around the feed-forward layer is not rounded.
    let middle = tape.middle.room(workspace)
    norm(
      tape.attentionNormal, block.attentionOutputBias, residual: x, gain: block.attentionGain,
      shift: block.attentionBias, rstd: tape.attentionRstd, middle
    ) { tape.middle.round($0, of: middle) }
    let activated = workspace.operand(T, F, precision)
    let intermediate = tape.intermediate.room(workspace)
    linear(.intermediate, tape.middle, intermediate)
    inRowBlocks(intermediate) { rows in
      addBias(block.intermediateBias, to: intermediate.rows(rows))
      // Rounded first: what the tape keeps is what was activated.
      tape.intermediate.round(rows, of: intermediate)
      tape.intermediate.read(rows, workspace) { input in
        activated.fill(rows, workspace) { design.activation.forward(input, $0) }
      }
    }
    linear(.output, activated, tape.outputNormal)
    norm(
      tape.outputNormal, block.outputBias, residual: middle, gain: block.outputGain,
      shift: block.outputNormBias, rstd: tape.outputRstd, result)
    workspace.release(to: mark)
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
