public import Adapters
internal import Basics
public import Checkpoints
public import LinearAlgebra
public import Models
internal import Outlines
public import Specs
public import Tasks

/// Predictions of a model: weights with any ΔW folded in, and a head.
public struct Evaluator: Sendable {
  private let reader: Reader
  private let tokensPerBatch: Int
  private let door: Door?

  /// Makes what stands beside the weights for a batch of some of the examples.
  public typealias Door = @Sendable (Range<Int>, PackedBatch) -> any LinearDoor

  /// Evaluates a model.
  ///
  /// - Parameters:
  ///   - tokensPerBatch: Rows are packed up to so many tokens; it bounds the memory and changes no result beyond the
  ///     last bits.
  ///   - door: What stands beside the weights; nil: nothing.
  ///   - correction: What changes the pooled vectors before the head; nil: nothing.
  public init(
    network: any Network, pooling: Pooling, tokensPerBatch: Int = WorkLimits.evaluationTokens,
    door: Door? = nil, correction: RoutedModel.Correction? = nil
  ) {
    reader = Reader(network, pooling: pooling, correction: correction)
    self.tokensPerBatch = tokensPerBatch
    self.door = door
  }

  /// One prediction for each example, in order.
  ///
  /// - Parameters:
  ///   - states: What enters a block below which no weight was changed, for these examples; it changes no bit.
  ///   - workspaces: One for each thread; their number changes no result.
  public func predict(
    _ examples: [TokenizedExample], head: TaskHead, states: FrozenStates? = nil,
    workspaces: [Workspace] = [Workspace()],
    progress: (Int) throws -> Void = { _ in }
  ) rethrows -> [Prediction] {
    try collected(examples, states, workspaces, progress: progress) { range, seen, workspace in
      head.predict(seen, rows: 0..<seen.batch.rows, examples: examples[range], workspace: workspace)
    }.flatMap { $0 }
  }

  /// The mean of the examples' losses on labels.
  public func meanLoss(
    _ examples: [TokenizedExample], head: TaskHead, states: FrozenStates? = nil,
    workspaces: [Workspace] = [Workspace()]
  ) -> Double {
    let sums = collected(examples, states, workspaces, progress: ignored) { range, seen, workspace in
      let unused = workspace.zeros(rows: seen.batch.tokens, columns: seen.hidden.columns)
      return head.loss(
        seen, rows: 0..<seen.batch.rows, examples: examples[range], weight: 1, dhidden: unused,
        workspace: workspace)
    }
    return sums.reduce(0, +) / Double(examples.count)
  }

  /// The pooled vector of each example, (n, C), in order.
  public func pooled(
    _ examples: [TokenizedExample], states: FrozenStates? = nil, workspaces: [Workspace] = [Workspace()]
  ) -> Matrix {
    let all = Matrix(rows: examples.count, columns: reader.network.outline.width)
    _ = collected(examples, states, workspaces, progress: ignored) { range, seen, _ in
      all.rows(range).copy(from: seen.pooled)
    }
    return all
  }

  /// What a head reads of the examples, (n, C): a vector for each text, or for each of its words; in order.
  ///
  /// - Returns: the vectors with the place of the example of each.
  public func features(
    _ examples: [TokenizedExample], of head: TaskHead, states: FrozenStates? = nil,
    workspaces: [Workspace] = [Workspace()], progress: (Int) throws -> Void = { _ in }
  ) rethrows -> (vectors: Matrix, examples: [Int]) {
    let places = examples.indices.flatMap { place in
      repeatElement(place, count: head.vectors(examples[place]))
    }
    let firsts = examples.reduce(into: [0]) { $0.append($0[$0.count - 1] + head.vectors($1)) }
    let all = Matrix(rows: places.count, columns: reader.network.outline.width)
    _ = try collected(examples, states, workspaces, progress: progress) { range, seen, workspace in
      all.rows(firsts[range.lowerBound]..<firsts[range.upperBound]).copy(
        from: head.features(
          seen, rows: 0..<seen.batch.rows, examples: examples[range], workspace: workspace))
    }
    return (all, places)
  }

  private func ignored(_ done: Int) {}

  /// What a body makes of every batch, in order.
  ///
  /// - Parameters:
  ///   - progress: Gets how many examples are done.
  ///   - body: Gets the batch's examples, what heads see of them, and its workspace.
  private func collected<Part>(
    _ examples: [TokenizedExample], _ states: FrozenStates?, _ workspaces: [Workspace],
    progress: (Int) throws -> Void, _ body: (Range<Int>, States, Workspace) -> Part
  ) rethrows -> [Part] {
    let lanes = workspaces.map { _ in EvaluationLane<Part>() }
    var parts: [Part] = []
    // Several batches a thread before threads wait for each other, so that unequal ones even out.
    let depth = workspaces.count == 1 ? 1 : 4
    try inBatches(examples, tokens: tokensPerBatch, depth: depth, workspaces) { lane, range, workspace in
      let batch = PackedBatch(examples[range])
      let seen = reader.read(
        batch, workspace: workspace, from: states?.entering(range), door: door?(range, batch))
      lanes[lane].parts.append(body(range, seen, workspace))
    } joined: { lane, range in
      parts.append(lanes[lane].takeFirst())
      try progress(range.upperBound)
    }
    return parts
  }
}

/// What one thread of an evaluation leaves.
private final class EvaluationLane<Part> {
  /// One for each batch of the round, until all are taken.
  var parts: [Part] = []
  private var taken = 0

  /// The part of its earliest batch that was not taken yet.
  func takeFirst() -> Part {
    defer { if taken == parts.count { (parts, taken) = ([], 0) } }
    taken += 1
    return parts[taken - 1]
  }
}
