internal import Basics
internal import Checkpoints
internal import LinearAlgebra
internal import Models

/// A drawn example: its task, its place among the task's training examples, and what it holds.
typealias Drawn = (task: Int, index: Int, example: TokenizedExample)

/// The gradients of all that a training changes: the adapter's factors and the linear heads.
struct GradientBlock {
  /// The factors' gradients.
  let adapter: LoRAParameters
  /// The heads' gradients, end to end.
  let heads: Storage
  /// A head over them for every linear head, in the order of the tasks.
  let headViews: [Head?]

  /// Zeroed gradients in the layout of some parameters and heads.
  init(like parameters: LoRAParameters, heads: [TaskHead]) {
    adapter = parameters.zeroed()
    let sizes = heads.map { head -> Int in
      if case .linear(let weight, let bias) = head.head { weight.count + bias.count } else { 0 }
    }
    let storage = Storage(count: sizes.reduce(0, +))
    let flat = Matrix(storage: storage, rows: 1, columns: storage.count)
    var offset = 0
    headViews = zip(heads, sizes).map { head, size in
      guard case .linear(let weight, _) = head.head else { return nil }
      defer { offset += size }
      let part = flat.columns(offset..<offset + size)
      return .linear(
        weight: part.columns(0..<weight.count).reshaped(rows: weight.rows, columns: weight.columns),
        bias: part.columns(weight.count..<size))
    }
    self.heads = storage
  }

  private var vectors: [Matrix] {
    [adapter.storage, heads].map { Matrix(storage: $0, rows: 1, columns: $0.count) }
  }

  /// Sets all to zero.
  func clear() {
    for vector in vectors { vector.fill(0) }
  }

  /// Adds gradients of the same layout.
  func add(_ other: GradientBlock) {
    for (mine, others) in zip(vectors, other.vectors) { Models.add(others, to: mine) }
  }
}

/// What one thread of a training needs for its part of a step: a workspace and gradients of its own.
///
/// Weights and parameters are shared and only read while lanes run.
final class Lane {
  /// The lane's memory.
  let workspace: Workspace
  /// The gradients of the last part.
  let gradients: GradientBlock
  /// The summed loss of the last part.
  private(set) var loss = 0.0

  private let door: any LinearDoor
  private let states: [FrozenStates]
  private let heads: [TaskHead]
  private let pooling: Pooling

  init(
    shape: EncoderShape, parameters: LoRAParameters, heads: [TaskHead], pooling: Pooling, dropout: Double,
    stream: RandomStream, states: [FrozenStates], workspace: Workspace
  ) {
    let gradients = GradientBlock(like: parameters, heads: heads)
    self.gradients = gradients
    self.heads = zip(heads, gradients.headViews).map {
      TaskHead(task: $0.task, head: $0.head, gradient: $1)
    }
    self.pooling = pooling
    self.workspace = workspace
    self.states = states
    door =
      dropout > 0
      ? DropoutLoRADoor(
        shape: shape, parameters: parameters, gradients: gradients.adapter, rate: dropout, stream: stream)
      : LoRADoor(shape: shape, parameters: parameters, gradients: gradients.adapter)
  }

  /// Computes the loss and the gradients of some rows.
  ///
  /// - Parameters:
  ///   - weight: The factor on each row's loss in the gradients, 1 ÷ rows of the step.
  ///   - mask: Names the dropout masks; another one for every part of every step.
  func accumulate(_ drawn: [Drawn], _ weights: EncoderWeights, weight: Float, mask: Int) {
    let batch = PackedBatch(drawn.lazy.map(\.example))
    workspace.reset()
    gradients.clear()
    loss = 0
    if let door = door as? DropoutLoRADoor { door.step = mask }
    let tape = Encoder.forward(weights, batch, door: door, workspace: workspace, from: entering(drawn))
    let pooled = workspace.matrix(rows: batch.rows, columns: tape.hidden.columns)
    Pool.forward(tape.hidden, batch, pooling, into: pooled)
    let dhidden = workspace.zeros(rows: batch.tokens, columns: tape.hidden.columns)
    for (index, head) in heads.enumerated() {
      let rows = drawn.indices.filter { drawn[$0].task == index }
      if rows.isEmpty { continue }
      loss += head.loss(
        tape.hidden, pooled: pooled, batch, rows: rows, examples: rows.map { drawn[$0].example },
        pooling: pooling, weight: weight, dhidden: dhidden, workspace: workspace)
    }
    Encoder.backward(weights, tape, dhidden: dhidden, door: door, workspace: workspace)
  }

  /// What enters the lowest adapted block, where it was kept.
  private func entering(_ drawn: [Drawn]) -> EnteringStates? {
    guard let block = states.first?.block else { return nil }
    let parts = drawn.map { states[$0.task].rows($0.index..<$0.index + 1) }
    let hidden = workspace.matrix(rows: parts.reduce(0) { $0 + $1.rows }, columns: parts[0].columns)
    var next = 0
    for part in parts {
      hidden.rows(next..<next + part.rows).copy(from: part)
      next += part.rows
    }
    return EnteringStates(block: block, hidden: hidden)
  }
}
