internal import Checkpoints
internal import LinearAlgebra
internal import Merging
internal import Models
internal import Outlines

/// What one thread of a coefficient learning needs for its part of a step.
final class CoefficientLane {
  let workspace: Workspace
  /// By M of every site, of the last part.
  let gradients: [Matrix]
  /// The weighted loss of the last part: Σ over rows of their weight times their loss.
  private(set) var loss = 0.0

  private let door: CoefficientDoor
  private let tasks: [CoefficientTask]
  private let objective: CoefficientLearning.Objective
  private let pooling: Pooling

  init(
    outline: ModelOutline, sites: [(site: LinearLayer, learnable: LearnableMerge.Site)],
    tasks: [CoefficientTask], objective: CoefficientLearning.Objective, pooling: Pooling,
    workspace: Workspace
  ) {
    gradients = sites.map { Matrix(rows: $0.learnable.shape.rows, columns: $0.learnable.shape.columns) }
    door = CoefficientDoor(outline: outline, sites: sites, gradients: gradients)
    self.tasks = tasks
    self.objective = objective
    self.pooling = pooling
    self.workspace = workspace
  }

  /// Computes the loss of some rows, and the gradients where they are wanted.
  ///
  /// - Parameters:
  ///   - weights: The factor on each row's loss, by task.
  ///   - isBackward: Whether gradients are computed.
  func accumulate(_ drawn: [Drawn], _ network: any Network, weights: [Double], isBackward: Bool) {
    let batch = PackedBatch(drawn.lazy.map(\.example))
    workspace.reset()
    for gradient in gradients { gradient.fill(0) }
    loss = 0
    let tape = network.forward(batch, door: door, workspace: workspace)
    let pooled = workspace.matrix(rows: batch.rows, columns: tape.hidden.columns)
    Pool.forward(tape.hidden, batch, pooling, into: pooled)
    let dhidden = workspace.zeros(rows: batch.tokens, columns: tape.hidden.columns)
    for (index, task) in tasks.enumerated() {
      let rows = drawn.indices.filter { drawn[$0].task == index }
      if rows.isEmpty { continue }
      let sum = task.loss(
        objective, tape.hidden, pooled: pooled, batch, rows: rows, drawn: rows.map { drawn[$0] },
        pooling: pooling, weight: Float(weights[index]), dhidden: dhidden, workspace: workspace)
      loss += weights[index] * sum
    }
    if isBackward {
      network.backward(tape, dhidden: dhidden, door: door, workspace: workspace)
    }
  }
}
