internal import Basics
internal import Checkpoints
internal import LinearAlgebra
internal import Outlines

/// A network of embeddings and equal blocks above each other: a family says what enters and what a block does, and gets the
/// passes.
///
/// Nothing is saved below the lowest block that a door asks for, and a pass may begin at any block.
protocol Transformer: Network {
  /// What the embeddings save for the backward pass.
  associatedtype EntryTape
  /// What a block saves for the backward pass.
  associatedtype BlockTape

  /// The linear weights.
  var linear: LinearWeights { get set }

  /// Whether the tape of a block refers to the block's input itself, and not to a copy of its own.
  var tapeHoldsInputs: Bool { get }

  /// Embeds the tokens of a batch into x, (T, C).
  func embed(_ batch: PackedBatch, workspace: Workspace, into x: Matrix) -> EntryTape

  /// Runs a block over x, (T, C), into `result` of the same shape; where tapes hold inputs, both stay as they are until the workspace is
  /// reset.
  func forward(
    block: Int, _ x: Matrix, _ batch: PackedBatch, door: (any LinearDoor)?, workspace: Workspace,
    into result: Matrix
  ) -> BlockTape

  /// The gradient by a block's input.
  ///
  /// - Parameters:
  ///   - dy: The gradient by its result, (T, C); overwritten.
  ///   - dx: Where the gradient by x is written; nil where nobody needs it.
  func backward(
    block: Int, _ saved: BlockTape, _ batch: PackedBatch, dy: Matrix, door: any LinearDoor, gradients: Self?,
    workspace: Workspace, into dx: Matrix?)

  /// Accumulates the gradients of the embeddings.
  ///
  /// - Parameter dy: The gradient by what enters the first block, (T, C); overwritten.
  func backward(embeddings saved: EntryTape, _ batch: PackedBatch, dy: Matrix, gradients: Self)
}

/// What the blocks of a pass saved.
private final class BlockTapes<Family: Transformer>: SavedPass {
  var batch = PackedBatch()
  /// Nil where the embeddings are frozen below the lowest adapter.
  var entry: Family.EntryTape?
  /// The block that the first tape belongs to: nothing is kept below the lowest adapter.
  var firstBlock = 0
  var blocks: [Family.BlockTape] = []

  func clear() {
    blocks.removeAll(keepingCapacity: true)
    entry = nil
    batch = PackedBatch()
  }
}

extension Transformer {
  /// Two matrices serve all blocks: one is read while the other is written.
  func hidden(
    _ batch: PackedBatch, workspace: Workspace, from start: EnteringStates?, below end: Int?,
    door: (any LinearDoor)?
  ) -> Matrix {
    if let start, start.block == end { return start.hidden }
    var x = workspace.matrix(rows: batch.tokens, columns: outline.width)
    var spare = workspace.matrix(rows: batch.tokens, columns: outline.width)
    let mark = workspace.mark
    if let start {
      x.copy(from: start.hidden)
    } else {
      _ = embed(batch, workspace: workspace, into: x)
    }
    for block in (start?.block ?? 0)..<(end ?? outline.blocks) {
      workspace.release(to: mark)
      _ = forward(block: block, x, batch, door: door, workspace: workspace, into: spare)
      swap(&x, &spare)
    }
    workspace.release(to: mark)
    return x
  }

  /// Saves the tapes of the blocks from the door's lowest one on.
  func forward(
    _ batch: PackedBatch, door: (any LinearDoor)?, workspace: Workspace, from start: EnteringStates?,
    reusing tape: SpentTape?
  ) -> Tape {
    let saved = tape?.saved as? BlockTapes<Self> ?? BlockTapes()
    saved.batch = batch
    saved.blocks.removeAll(keepingCapacity: true)
    saved.entry = nil
    saved.firstBlock = door?.lowestLayer ?? 0
    var x: Matrix
    if saved.firstBlock > 0 {
      x = hidden(batch, workspace: workspace, from: start, below: saved.firstBlock)
    } else {
      x = workspace.matrix(rows: batch.tokens, columns: outline.width)
      saved.entry = embed(batch, workspace: workspace, into: x)
    }
    func fresh() -> Matrix { workspace.matrix(rows: batch.tokens, columns: outline.width) }
    // Where tapes have copies of their own, two matrices serve all blocks; what enters the first may be the caller's.
    var own: [Matrix] = tapeHoldsInputs ? [] : [fresh(), fresh()]
    for block in saved.firstBlock..<outline.blocks {
      let result = own.first ?? fresh()
      saved.blocks.append(
        forward(block: block, x, batch, door: door, workspace: workspace, into: result))
      own.reverse()
      x = result
    }
    return Tape(hidden: x, saved: saved)
  }

  /// From the last block down to the door's lowest one, and to the embeddings where they are trained.
  func backward(
    _ tape: Tape, dhidden: Matrix, door: any LinearDoor, gradients: (any Network)?, workspace: Workspace
  ) {
    guard let saved = tape.saved as? BlockTapes<Self> else {
      preconditionFailure("a tape of another family")
    }
    let own = gradients as? Self
    precondition((own == nil) == (gradients == nil), "gradients of another family")
    var dy = dhidden
    for block in (door.lowestLayer..<outline.blocks).reversed() {
      let isLast = block == door.lowestLayer && own == nil
      let dx = workspace.matrix(rows: dy.rows, columns: dy.columns)
      let mark = workspace.mark
      backward(
        block: block, saved.blocks[block - saved.firstBlock], saved.batch, dy: dy, door: door, gradients: own,
        workspace: workspace, into: isLast ? nil : dx)
      workspace.release(to: mark)
      dy = dx
    }
    guard let own, let entry = saved.entry else { return }
    backward(embeddings: entry, saved.batch, dy: dy, gradients: own)
  }
}

/// What every network of linear layers and passes does alike with its weights.
extension Transformer {
  /// The weight of a linear layer.
  func weight(_ layer: LinearLayer) -> Matrix { linear.weight(layer) }

  /// What products with the linear weights read.
  var precision: Precision { linear.precision }

  /// Matrices of weights that are not mapped.
  var copies: [NamedTensor] { linear.copies(tensors) }

  /// The same network with matrices of its own at some linear layers; layers of one stack lie in one.
  func owning(_ layers: [LinearLayer]) -> Self {
    var copy = self
    copy.linear = linear.owning(layers)
    return copy
  }

  /// The same network with products in bf16.
  func rounded(_ rounded: (NamedTensor) throws(Diagnostic) -> BFloatMatrix) throws(Diagnostic) -> Self {
    var copy = self
    copy.linear = try linear.rounded(rounded)
    return copy
  }

  /// The same network with products in single precision.
  var exact: Self {
    var copy = self
    copy.linear = linear.exact
    return copy
  }

  /// The same network with more factors beside its weights.
  func placing(_ factors: [LoRAFactors]) -> Self {
    var copy = self
    copy.linear = linear.placing(factors)
    return copy
  }
}
