public import LinearAlgebra
public import Outlines

/// What stands at every linear layer: it may change the output, and sees the input and the output's gradient.
///
/// One door serves LoRA, training of all weights, Gram matrices, Fisher information and learned merge coefficients.
public protocol LinearDoor: AnyObject {
  /// Blocks below this one need no backward pass.
  var lowestLayer: Int { get }
  /// Whether the backward pass at this layer wants its input x; where it does not, x may hold anything.
  func readsInput(of site: LinearLayer) -> Bool
  /// After y = x·Wᵀ (without the bias): may add to y. Shapes: x (T, in), y (T, out), both perhaps strided.
  func forward(_ site: LinearLayer, x: Matrix, y: Matrix, workspace: Workspace)
  /// Sees x and dy; may add to dx, which is nil where nobody needs it and otherwise holds dy·W.
  func backward(_ site: LinearLayer, x: Matrix, dy: Matrix, dx: Matrix?, workspace: Workspace)
}

/// What a forward pass saves for one block; T tokens, channels C and F, Σ L²·H probabilities.
struct BlockTape {
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
  /// (T, F): before GELU, bias added; what GELU makes of it is cheaper to compute again than to keep.
  var intermediate: Matrix
  /// x̂ of the last norm and its rstd.
  var outputNormal: Matrix
  var outputRstd: Matrix
}

/// The lists of a tape that has been read, for the next pass to fill: a step then makes none anew.
public struct TapeLists: Sendable {
  var blocks: [BlockTape] = []

  /// No lists yet.
  public init() {}
}

/// What a forward pass leaves for the backward pass; valid until the workspace is reset.
public struct Tape {
  var batch: PackedBatch
  /// x̂ of the embedding norm, (T, C), and its rstd; nil where the embeddings are frozen below the lowest adapter.
  var embedding: (normal: Matrix, rstd: Matrix)?
  /// The block that the first entry of the lists belongs to: nothing is kept below the lowest adapter.
  var firstBlock: Int
  var lists: TapeLists
  /// The last hidden state, (T, C).
  public var hidden: Matrix

  /// Gives the lists back once nobody reads the tape any more.
  public consuming func released() -> TapeLists { lists }
}

/// Hidden states that enter a block, for a pass that begins there.
public struct EnteringStates: Sendable {
  /// The block that reads them.
  public var block: Int
  /// (T, C).
  public var hidden: Matrix

  /// Names states.
  public init(block: Int, hidden: Matrix) {
    self.block = block
    self.hidden = hidden
  }
}

/// The BERT encoder: forward and backward by hand over BLAS, without padding.
///
/// Source: Devlin et al. 2019, arXiv:1810.04805.
/// Cost of a forward pass: 2 · (4C² + 2CF) FLOPs a token and block, and 4·L·C for attention.
public enum Encoder {
  /// The hidden state that enters block `end`, or the last one, without saving anything.
  ///
  /// Shape (T, C), taken from the workspace.
  /// - Parameters:
  ///   - start: Known states from which to begin instead of the embeddings; returned as they are where no block runs.
  ///   - end: The first block that is not run any more; nil runs all.
  ///   - door: Sees the linear layers of the blocks that are run.
  public static func hidden(
    _ weights: EncoderWeights, _ batch: PackedBatch, workspace: Workspace, from start: EnteringStates? = nil,
    below end: Int? = nil, door: (any LinearDoor)? = nil
  ) -> Matrix {
    if let start, start.block == end { return start.hidden }
    // Two matrices serve all blocks: one is read while the other is written.
    var x = workspace.matrix(rows: batch.tokens, columns: weights.shape.hidden)
    var spare = workspace.matrix(rows: batch.tokens, columns: weights.shape.hidden)
    let mark = workspace.mark
    if let start {
      x.copy(from: start.hidden)
    } else {
      embed(weights, batch, normal: spare, rstd: workspace.matrix(rows: 1, columns: batch.tokens), into: x)
    }
    for layer in (start?.block ?? 0)..<(end ?? weights.blocks.count) {
      workspace.release(to: mark)
      _ = forward(weights, layer, x, batch, door: door, workspace: workspace, into: spare)
      swap(&x, &spare)
    }
    workspace.release(to: mark)
    return x
  }

  /// Runs a batch and saves what the backward pass needs.
  ///
  /// - Parameters:
  ///   - start: Known states that enter the door's lowest block; nil computes them.
  ///   - lists: Those of an earlier tape.
  public static func forward(
    _ weights: EncoderWeights, _ batch: PackedBatch, door: (any LinearDoor)?, workspace: Workspace,
    from start: EnteringStates? = nil, reusing lists: consuming TapeLists = TapeLists()
  ) -> Tape {
    lists.blocks.removeAll(keepingCapacity: true)
    let lowest = door?.lowestLayer ?? 0
    var tape: Tape
    if lowest > 0 {
      let x = hidden(weights, batch, workspace: workspace, from: start, below: lowest)
      tape = Tape(batch: batch, firstBlock: lowest, lists: lists, hidden: x)
    } else {
      let x = workspace.matrix(rows: batch.tokens, columns: weights.shape.hidden)
      let normal = workspace.matrix(rows: batch.tokens, columns: weights.shape.hidden)
      let rstd = workspace.matrix(rows: 1, columns: batch.tokens)
      embed(weights, batch, normal: normal, rstd: rstd, into: x)
      tape = Tape(batch: batch, embedding: (normal, rstd), firstBlock: 0, lists: lists, hidden: x)
    }
    for layer in lowest..<weights.blocks.count {
      let result = workspace.matrix(rows: batch.tokens, columns: weights.shape.hidden)
      let block = forward(weights, layer, tape.hidden, batch, door: door, workspace: workspace, into: result)
      tape.lists.blocks.append(block)
      tape.hidden = result
    }
    return tape
  }

  private static func embed(
    _ weights: EncoderWeights, _ batch: PackedBatch, normal: Matrix, rstd: Matrix, into x: Matrix
  ) {
    Embedding.forward(weights, batch, into: normal)
    LayerNorm.forward(
      normal, gain: weights.embeddingGain, bias: weights.embeddingBias, epsilon: weights.shape.epsilon,
      rstd: rstd, into: x)
  }

  private static func forward(
    _ weights: EncoderWeights, _ layer: Int, _ x: Matrix, _ batch: PackedBatch, door: (any LinearDoor)?,
    workspace: Workspace, into result: Matrix
  ) -> BlockTape {
    let T = x.rows
    let C = x.columns
    let F = weights.shape.intermediate
    let H = weights.shape.heads
    let block = weights.blocks[layer]
    let tape = BlockTape(
      x: x, qkv: workspace.matrix(rows: T, columns: 3 * C),
      probabilities: workspace.matrix(rows: 1, columns: Attention.probabilityCount(batch, heads: H)),
      context: workspace.matrix(rows: T, columns: C), attentionNormal: workspace.matrix(rows: T, columns: C),
      attentionRstd: workspace.matrix(rows: 1, columns: T), middle: workspace.matrix(rows: T, columns: C),
      intermediate: workspace.matrix(rows: T, columns: F),
      outputNormal: workspace.matrix(rows: T, columns: C), outputRstd: workspace.matrix(rows: 1, columns: T))

    gemm(x, block.qkv, into: tape.qkv, transposeB: true)
    for (i, role) in [LinearRole.query, .key, .value].enumerated() {
      door?.forward(
        weights.layer(layer, role), x: x, y: tape.qkv.columns(i * C..<(i + 1) * C),
        workspace: workspace)
    }
    Attention.forward(
      tape.qkv, bias: block.qkvBias, batch: batch, heads: H, probabilities: tape.probabilities,
      into: tape.context)

    func linear(_ role: LinearRole, _ x: Matrix, _ y: Matrix) {
      gemm(x, block.weight(role), into: y, transposeB: true)
      door?.forward(weights.layer(layer, role), x: x, y: y, workspace: workspace)
    }
    func norm(
      _ x: Matrix, _ bias: Matrix, residual: Matrix, gain: Matrix, shift: Matrix, rstd: Matrix, _ y: Matrix
    ) {
      inRowBlocks(x) { rows in
        addBias(bias, residual: residual.rows(rows), to: x.rows(rows))
        LayerNorm.forward(
          x.rows(rows), gain: gain, bias: shift, epsilon: weights.shape.epsilon, rstd: rstd.columns(rows),
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
}
