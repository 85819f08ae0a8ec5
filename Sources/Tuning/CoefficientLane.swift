internal import LinearAlgebra
internal import Merging
internal import Models
internal import Outlines
internal import Training

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

  init(
    outline: ModelOutline, sites: [(site: LinearLayer, learnable: LearnableMerge.Site)],
    tasks: [CoefficientTask], objective: CoefficientLearning.Objective,
    workspace: Workspace
  ) {
    gradients = sites.map { Matrix(rows: $0.learnable.shape.rows, columns: $0.learnable.shape.columns) }
    door = CoefficientDoor(outline: outline, sites: sites, gradients: gradients)
    self.tasks = tasks
    self.objective = objective
    self.workspace = workspace
  }

  /// Computes the loss of some rows, and the gradients where they are wanted.
  ///
  /// - Parameters:
  ///   - weights: The factor on each row's loss, by task.
  ///   - isBackward: Whether gradients are computed.
  func accumulate(_ drawn: [Drawn], _ reader: Reader, weights: [Double], isBackward: Bool) {
    let batch = PackedBatch(drawn.lazy.map(\.example))
    workspace.reset()
    for gradient in gradients { gradient.fill(0) }
    loss = 0
    let (states, tape) = reader.forward(batch, door: door, workspace: workspace)
    let dhidden = workspace.zeros(rows: batch.tokens, columns: states.hidden.columns)
    for (index, task) in tasks.enumerated() {
      let rows = drawn.indices.filter { drawn[$0].task == index }
      if rows.isEmpty { continue }
      let sum = task.loss(
        objective, states, rows: rows, drawn: rows.map { drawn[$0] }, weight: Float(weights[index]),
        dhidden: dhidden, workspace: workspace)
      loss += weights[index] * sum
    }
    if isBackward {
      reader.network.backward(tape, dhidden: dhidden, door: door, workspace: workspace)
    }
  }
}
