public import Adapters
public import Checkpoints
package import LinearAlgebra
public import Models

/// What heads see of a batch.
package struct States {
  /// The tokens.
  package let batch: PackedBatch
  /// The last hidden states, (T, C).
  package let hidden: Matrix
  /// A vector for each row, (R, C).
  package let pooled: Matrix
  /// How the one became the other.
  package let pooling: Pooling
}

/// A model as heads read it: a network, and how the hidden states of a row become its vector.
///
/// The one pass from tokens to what heads see: trainings, evaluations, measurements and learned merges go through it.
public struct Reader: Sendable {
  /// The network, with any ΔW folded in.
  public let network: any Network
  /// How a row becomes one vector.
  public let pooling: Pooling
  /// What changes the pooled vectors before a head; nil: nothing.
  public let correction: RoutedModel.Correction?

  /// Joins the parts.
  public init(_ network: any Network, pooling: Pooling, correction: RoutedModel.Correction? = nil) {
    self.network = network
    self.pooling = pooling
    self.correction = correction
  }

  /// What heads see of a batch; nothing is saved.
  package func read(
    _ batch: PackedBatch, workspace: Workspace, from start: EnteringStates? = nil,
    door: (any LinearDoor)? = nil
  ) -> States {
    states(batch, network.hidden(batch, workspace: workspace, from: start, door: door), workspace)
  }

  /// What heads see of a batch, and what the backward pass needs.
  package func forward(
    _ batch: PackedBatch, door: any LinearDoor, workspace: Workspace, from start: EnteringStates? = nil,
    reusing spent: SpentTape? = nil
  ) -> (states: States, tape: Tape) {
    precondition(correction == nil, "no backward pass goes through a correction")
    let tape = network.forward(batch, door: door, workspace: workspace, from: start, reusing: spent)
    return (states(batch, tape.hidden, workspace), tape)
  }

  private func states(_ batch: PackedBatch, _ hidden: Matrix, _ workspace: Workspace) -> States {
    let pooled = workspace.matrix(rows: batch.rows, columns: hidden.columns)
    Pool.forward(hidden, batch, pooling, into: pooled)
    correction?.apply(to: pooled, workspace: workspace)
    return States(batch: batch, hidden: hidden, pooled: pooled, pooling: pooling)
  }
}

extension BaseModel {
  /// The base as heads read it.
  public var reader: Reader { Reader(network, pooling: pooling) }

  /// Another network with the base's pooling.
  public func reader(
    _ network: any Network, correction: RoutedModel.Correction? = nil
  ) -> Reader { Reader(network, pooling: pooling, correction: correction) }
}
