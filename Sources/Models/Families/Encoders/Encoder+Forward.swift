internal import Basics
public import LinearAlgebra
internal import Outlines

/// What a forward pass saves for one block; T tokens, channels C and F, Σ L²·H probabilities.
///
/// What linear layers read is kept as products read it: in bf16 as rounded copies.
public struct EncoderBlockTape {
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
  public var tapeHoldsInputs: Bool { precision == .float32 }

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
      x: operand(of: x, workspace), qkv: workspace.matrix(rows: T, columns: 3 * C),
      probabilities: workspace.matrix(rows: 1, columns: Attention.probabilityCount(batch, heads: H)),
      context: operand(T, C, workspace), attentionNormal: workspace.matrix(rows: T, columns: C),
      attentionRstd: workspace.matrix(rows: 1, columns: T), middle: operand(T, C, workspace),
      intermediate: operand(T, F, workspace),
      outputNormal: workspace.matrix(rows: T, columns: C), outputRstd: workspace.matrix(rows: 1, columns: T))

    func linear(_ roles: [EncoderDesign.Role], _ weight: FrozenWeight, _ x: Operand, _ y: Matrix) {
      weight.forward(x, into: y, workspace: workspace)
      for (role, columns) in parts(roles, y.columns) {
        let site = layer(number, role)
        for factors in factors(beside: site) {
          factors.forward(x, addingTo: y.columns(columns), workspace: workspace)
        }
        door?.forward(site, x: x, y: y.columns(columns), workspace: workspace)
      }
    }
    linear([.query, .key, .value], block.qkv, tape.x, tape.qkv)
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
    linear([.attentionOutput], block.attentionOutput, tape.context, tape.attentionNormal)
    // What goes around the feed-forward layer is not rounded.
    let middle = tape.middle.room(workspace)
    norm(
      tape.attentionNormal, block.attentionOutputBias, residual: x, gain: block.attentionGain,
      shift: block.attentionBias, rstd: tape.attentionRstd, middle
    ) { tape.middle.round($0, of: middle) }
    let activated = operand(T, F, workspace)
    let intermediate = tape.intermediate.room(workspace)
    linear([.intermediate], block.intermediate, tape.middle, intermediate)
    inRowBlocks(intermediate) { rows in
      addBias(block.intermediateBias, to: intermediate.rows(rows))
      // Rounded first: what the tape keeps is what was activated.
      tape.intermediate.round(rows, of: intermediate)
      tape.intermediate.read(rows, workspace) { input in
        activated.fill(rows, workspace) { design.activation.forward(input, $0) }
      }
    }
    linear([.output], block.output, activated, tape.outputNormal)
    norm(
      tape.outputNormal, block.outputBias, residual: middle, gain: block.outputGain,
      shift: block.outputNormBias, rstd: tape.outputRstd, result)
    workspace.release(to: mark)
    return tape
  }

  /// Room for what a product reads.
  func operand(_ rows: Int, _ columns: Int, _ workspace: Workspace) -> Operand {
    switch precision {
    case .float32: .floats(workspace.matrix(rows: rows, columns: columns))
    case .bfloat16: .rounded(workspace.bfloats(rows: rows, columns: columns))
    }
  }

  /// A matrix as products read it: itself, or a rounded copy.
  func operand(of matrix: Matrix, _ workspace: Workspace) -> Operand {
    switch precision {
    case .float32: .floats(matrix)
    case .bfloat16: .rounded(workspace.rounded(matrix))
    }
  }

  /// The columns of a product in which each of the layers that it stacks has its result.
  func parts(_ roles: [EncoderDesign.Role], _ columns: Int) -> [(EncoderDesign.Role, Range<Int>)] {
    let width = columns / roles.count
    return roles.enumerated().map { ($1, $0 * width..<($0 + 1) * width) }
  }

  /// What is added to scores by distance, (H, 2M − 1) for rows of at most M tokens; nil for a family that adds nothing.
  private func distanceTable(_ batch: PackedBatch, _ workspace: Workspace) -> Matrix? {
    guard let distances else { return nil }
    let table = workspace.matrix(rows: design.heads, columns: 2 * batch.longestRow - 1)
    RelativeDistances.spread(distances, into: table)
    return table
  }
}
