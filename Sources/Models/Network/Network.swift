public import Basics
public import Checkpoints
public import LinearAlgebra
public import Outlines

/// A transformer that runs: its weights, and the passes through them.
///
/// Trainings, evaluations, measurements and learned merges see a model through this and no other way; a pass of a batch
/// is one dynamic call. Rows of a batch never see each other.
public protocol Network: Sendable {
  /// What can be said of the model without its weights.
  var outline: ModelOutline { get }
  /// Every weight under its name in the checkpoint, in a fixed order; views.
  var tensors: [NamedTensor] { get }
  /// The table of tokens, (V, C).
  var words: Matrix { get }
  /// What makes logits of the last hidden state, (V, C); nil for a network that predicts no tokens.
  var unembedding: FrozenWeight? { get }
  /// The weight of a linear layer, (out, in); a view.
  func weight(_ layer: LinearLayer) -> Matrix
  /// What products with the linear weights read.
  var precision: Precision { get }
  /// The same weights, but with matrices of their own at some linear layers, so that they can be written; products read
  /// floats there.
  func owning(_ layers: [LinearLayer]) -> Self
  /// Matrices of weights that this process made instead of mapping them, under the names by which a checkpoint finds them
  /// in a file of derived tensors.
  var copies: [NamedTensor] { get }
  /// The same network with products in bf16.
  ///
  /// - Parameter rounded: Gives a linear weight, (out, in), in bf16. Layers that read one input may be stacked; a weight has
  ///   the path of its first layer.
  func rounded(_ rounded: (NamedTensor) throws(Diagnostic) -> BFloatMatrix) throws(Diagnostic) -> Self
  /// The same network with products in single precision; factors stay beside its weights.
  var exact: Self { get }
  /// The same network with factors beside its weights: their numbers are read anew in every pass.
  func placing(_ factors: [LoRAFactors]) -> Self

  /// The hidden state that enters block `end`, or the last one, without saving anything.
  ///
  /// Shape (T, C), taken from the workspace.
  /// - Parameters:
  ///   - start: Known states from which to begin instead of the embeddings; returned as they are where no block runs.
  ///   - end: The first block that is not run any more; nil runs all.
  ///   - door: Sees the linear layers of the blocks that are run.
  func hidden(
    _ batch: PackedBatch, workspace: Workspace, from start: EnteringStates?, below end: Int?,
    door: (any LinearDoor)?
  ) -> Matrix

  /// Runs a batch and saves what the backward pass needs.
  ///
  /// - Parameters:
  ///   - start: Known states that enter the door's lowest block; nil computes them.
  ///   - tape: An earlier one that nobody reads any more: its lists of blocks are filled again.
  func forward(
    _ batch: PackedBatch, door: (any LinearDoor)?, workspace: Workspace, from start: EnteringStates?,
    reusing tape: SpentTape?
  ) -> Tape

  /// Runs the backward pass down to the lowest block that the door asks for.
  ///
  /// - Parameters:
  ///   - dhidden: The gradient by the last hidden state, (T, C); overwritten.
  ///   - gradients: A network of the same description, where the gradients of norms, biases and embeddings are accumulated
  ///     when all weights are trained; nil with frozen weights. Gradients of the linear weights are the door's affair.
  func backward(
    _ tape: Tape, dhidden: Matrix, door: any LinearDoor, gradients: (any Network)?, workspace: Workspace)
}

extension Network {
  /// None: an encoder.
  public var unembedding: FrozenWeight? { nil }

  /// The last hidden state, or the one that enters block `end`.
  public func hidden(
    _ batch: PackedBatch, workspace: Workspace, from start: EnteringStates? = nil, below end: Int? = nil
  ) -> Matrix {
    hidden(batch, workspace: workspace, from: start, below: end, door: nil)
  }

  /// The last hidden state, with a door at the linear layers.
  public func hidden(
    _ batch: PackedBatch, workspace: Workspace, from start: EnteringStates? = nil, door: (any LinearDoor)?
  ) -> Matrix {
    hidden(batch, workspace: workspace, from: start, below: nil, door: door)
  }

  /// Runs a batch from its embeddings and saves what the backward pass needs.
  public func forward(_ batch: PackedBatch, door: (any LinearDoor)?, workspace: Workspace) -> Tape {
    forward(batch, door: door, workspace: workspace, from: nil, reusing: nil)
  }

  /// Runs the backward pass through frozen weights.
  public func backward(_ tape: Tape, dhidden: Matrix, door: any LinearDoor, workspace: Workspace) {
    backward(tape, dhidden: dhidden, door: door, gradients: nil, workspace: workspace)
  }
}

/// What a forward pass leaves for the backward pass; valid until the workspace is reset.
public struct Tape {
  /// The last hidden state, (T, C).
  public let hidden: Matrix
  /// What the network that made the tape reads again.
  let saved: any SavedPass

  /// Lets go of all matrices, once nobody reads the tape any more, so that the workspace may grow without them.
  public func released() -> SpentTape {
    saved.clear()
    return SpentTape(saved: saved)
  }
}

/// The lists of a tape that was released.
public struct SpentTape {
  let saved: any SavedPass
}

/// What a network keeps of a pass.
protocol SavedPass: AnyObject {
  /// Empties all lists and keeps their room.
  func clear()
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
