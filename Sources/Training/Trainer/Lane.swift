internal import Basics
internal import Checkpoints
internal import LinearAlgebra
internal import Models
internal import Outlines

/// The gradients of all that a training changes: the adapter's factors and the linear heads.
struct GradientBlock {
  /// The factors' gradients.
  let adapter: LoRAParameters
  /// The heads' gradients, end to end.
  let heads: Storage
  /// A head over them for every linear head, in the order of the tasks.
  let headViews: [Head?]
  private let vectors: [Matrix]

  /// Zeroed gradients in the layout of some parameters and heads.
  init(like parameters: LoRAParameters, heads: [TaskHead]) {
    adapter = parameters.zeroed()
    let sizes = heads.map { head -> Int in
      if case .linear(let weight, let bias) = head.head { weight.count + bias.count } else { 0 }
    }
    let storage = Storage(count: sizes.reduce(0, +))
    let flat = storage.flat
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
    vectors = [adapter.storage.flat, flat]
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
  /// Those by the factors of each task; empty where nobody asks.
  let gradientsOfTask: [LoRAParameters]
  /// The summed loss of the last part, and that of each task.
  private(set) var loss = 0.0
  private(set) var lossOfTask: [Double]

  private let door: any FactorDoor
  private let states: [FrozenStates]
  private let heads: [TaskHead]
  /// The part's rows end to end, and those of each task; both filled anew by every part.
  private var batch = PackedBatch()
  private var rowsOfTask: [[Int]]
  /// The drawn rows in the order in which they are packed.
  private var order: [Int] = []
  /// The tape of the last part, which nobody reads any more.
  private var spent: SpentTape?

  /// - Parameter seesTasks: Whether gradients of single tasks are told apart.
  init(
    outline: ModelOutline, parameters: LoRAParameters, heads: [TaskHead], dropout: Double,
    stream: RandomStream, states: [FrozenStates], workspace: Workspace, seesTasks: Bool
  ) {
    let gradients = GradientBlock(like: parameters, heads: heads)
    self.gradients = gradients
    let gradientsOfTask = seesTasks ? heads.map { _ in parameters.zeroed() } : []
    self.gradientsOfTask = gradientsOfTask
    self.heads = zip(heads, gradients.headViews).map {
      TaskHead(task: $0.task, head: $0.head, gradient: $1)
    }
    rowsOfTask = heads.map { _ in [] }
    lossOfTask = heads.map { _ in 0 }
    self.workspace = workspace
    self.states = states
    let sums = seesTasks ? gradientsOfTask : [gradients.adapter]
    door =
      dropout > 0
      ? DropoutLoRADoor(
        outline: outline, parameters: parameters, gradients: sums, rate: dropout, stream: stream)
      : LoRADoor(outline: outline, parameters: parameters, gradients: sums)
  }

  /// Computes the loss and the gradients of some of the rows drawn.
  ///
  /// - Parameters:
  ///   - part: Which of them.
  ///   - weight: The factor on each row's loss in the gradients, 1 ÷ rows of the step.
  ///   - factors: Another one on the loss of each task's rows, here and in the gradients.
  ///   - mask: Names the dropout masks; another one for every part of every step.
  func accumulate(
    _ drawn: [Drawn], part: [Int], _ reader: Reader, weight: Float, _ factors: [Double], mask: Int
  ) {
    pack(drawn, part)
    workspace.reset()
    gradients.clear()
    loss = 0
    door.step = mask
    if !gradientsOfTask.isEmpty { splitByTask() }
    let (states, tape) = reader.forward(
      batch, door: door, workspace: workspace, from: entering(drawn), reusing: spent)
    let dhidden = workspace.zeros(rows: batch.tokens, columns: states.hidden.columns)
    for (task, (head, rows)) in zip(heads, rowsOfTask).enumerated() {
      lossOfTask[task] = 0
      if rows.isEmpty { continue }
      lossOfTask[task] =
        factors[task]
        * head.loss(
          states, rows: rows, examples: rows.lazy.map { drawn[self.order[$0]].example },
          weight: weight * Float(factors[task]), dhidden: dhidden, workspace: workspace)
      loss += lossOfTask[task]
    }
    reader.network.backward(tape, dhidden: dhidden, door: door, workspace: workspace)
    spent = tape.released()
    for part in gradientsOfTask { add(part.storage.flat, to: gradients.adapter.storage.flat) }
  }

  /// Rows as they were drawn; task by task where gradients of single tasks are asked for, so that each is a range of tokens.
  private func pack(_ drawn: [Drawn], _ part: [Int]) {
    batch.removeAll()
    order = part
    if !gradientsOfTask.isEmpty { order.sort { (drawn[$0].task, $0) < (drawn[$1].task, $1) } }
    for task in rowsOfTask.indices { rowsOfTask[task].removeAll(keepingCapacity: true) }
    for (row, index) in order.enumerated() {
      batch.append(drawn[index].example)
      rowsOfTask[drawn[index].task].append(row)
    }
  }

  private func splitByTask() {
    for gradient in gradientsOfTask { gradient.storage.flat.fill(0) }
    door.ranges = rowsOfTask.map { rows in
      guard let first = rows.first, let last = rows.last else { return 0..<0 }
      return batch.starts[first]..<batch.starts[last + 1]
    }
  }

  /// What enters the lowest adapted block, where it was kept.
  private func entering(_ drawn: [Drawn]) -> EnteringStates? {
    guard let first = states.first else { return nil }
    let hidden = workspace.matrix(rows: batch.tokens, columns: first.columns)
    for (row, index) in order.enumerated() {
      let example = drawn[index].index
      hidden.rows(batch.range(row)).copy(from: states[drawn[index].task].rows(example..<example + 1))
    }
    return EnteringStates(block: first.block, hidden: hidden)
  }
}

extension Matrix {
  /// Takes over numbers, row by row, of a matrix whose rows lie end to end.
  package func copy(from numbers: [Float]) {
    withMutableSpan { span in
      precondition(span.count == numbers.count, "\(numbers.count) numbers for \(span.count)")
      for i in 0..<span.count { span[i] = numbers[i] }
    }
  }
}
