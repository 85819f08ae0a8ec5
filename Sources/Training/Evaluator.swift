internal import Basics
public import Checkpoints
public import LinearAlgebra
public import Models
internal import Outlines
public import Specs
public import Tasks

/// Predictions of a model: weights with any ΔW folded in, and a head.
public struct Evaluator: Sendable {
  private let network: any Network
  private let pooling: Pooling
  private let tokensPerBatch: Int
  private let door: Door?
  private let correction: RoutedModel.Correction?

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
    self.network = network
    self.pooling = pooling
    self.tokensPerBatch = tokensPerBatch
    self.door = door
    self.correction = correction
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
  ) rethrows -> [Target] {
    try collected(examples, states, workspaces, progress: progress) { lane, range, batch, hidden, pooled in
      head.predict(
        hidden, pooled: pooled, batch, rows: 0..<batch.rows, examples: examples[range],
        workspace: workspaces[lane])
    }.flatMap { $0 }
  }

  /// The mean of the examples' losses on labels.
  public func meanLoss(
    _ examples: [TokenizedExample], head: TaskHead, states: FrozenStates? = nil,
    workspaces: [Workspace] = [Workspace()]
  ) -> Double {
    func loss(_ lane: Int, _ range: Range<Int>, _ batch: PackedBatch, _ hidden: Matrix, _ pooled: Matrix)
      -> Double
    {
      let unused = workspaces[lane].zeros(rows: batch.tokens, columns: hidden.columns)
      return head.loss(
        hidden, pooled: pooled, batch, rows: 0..<batch.rows, examples: examples[range], pooling: pooling,
        weight: 1, dhidden: unused, workspace: workspaces[lane])
    }
    let sums = collected(examples, states, workspaces, progress: { _ in }, loss)
    return sums.reduce(0, +) / Double(examples.count)
  }

  /// The pooled vector of each example, (n, C), in order.
  public func pooled(
    _ examples: [TokenizedExample], states: FrozenStates? = nil, workspaces: [Workspace] = [Workspace()]
  ) -> Matrix {
    let all = Matrix(rows: examples.count, columns: network.outline.width)
    run(examples, states: states, workspaces: workspaces) { _, range, _, _, pooled in
      all.rows(range).copy(from: pooled)
    } afterRound: { _, _ in
    }
    return all
  }

  /// What a body makes of every batch, in order.
  ///
  /// - Parameters:
  ///   - progress: Gets how many examples are done.
  ///   - body: See `run`.
  private func collected<Part>(
    _ examples: [TokenizedExample], _ states: FrozenStates?, _ workspaces: [Workspace],
    progress: (Int) throws -> Void, _ body: (Int, Range<Int>, PackedBatch, Matrix, Matrix) -> Part
  ) rethrows -> [Part] {
    let lanes = workspaces.map { _ in EvaluationLane<Part>() }
    var parts: [Part] = []
    try run(examples, states: states, workspaces: workspaces) { lane, range, batch, hidden, pooled in
      lanes[lane].parts.append(body(lane, range, batch, hidden, pooled))
    } afterRound: { batches, done in
      for batch in 0..<batches { parts.append(lanes[batch % lanes.count].parts[batch / lanes.count]) }
      for lane in lanes { lane.parts.removeAll(keepingCapacity: true) }
      try progress(done)
    }
    return parts
  }

  /// Runs all batches in rounds, of which batch i goes to workspace i modulo their number.
  ///
  /// - Parameters:
  ///   - body: Gets the number of its workspace, the batch's examples, the last hidden state and the pooled vectors.
  ///   - afterRound: Gets how many batches were run, and how many examples are done.
  private func run(
    _ examples: [TokenizedExample], states: FrozenStates?, workspaces: [Workspace],
    _ body: (Int, Range<Int>, PackedBatch, Matrix, Matrix) -> Void,
    afterRound: (_ batches: Int, _ done: Int) throws -> Void
  ) rethrows {
    let batches = Evaluator.batches(examples, tokens: tokensPerBatch)
    let lanes = workspaces.count
    // Several batches a thread before threads wait for each other, so that unequal ones even out.
    let round = lanes == 1 ? 1 : 4 * lanes
    for first in stride(from: 0, to: batches.count, by: round) {
      let round = batches[first..<min(first + round, batches.count)]
      concurrently(min(lanes, round.count)) { lane in
        for place in stride(from: first + lane, to: round.endIndex, by: lanes) {
          let range = round[place]
          let workspace = workspaces[lane]
          let batch = PackedBatch(examples[range])
          workspace.reset()
          let hidden = network.hidden(
            batch, workspace: workspace,
            from: states.map { EnteringStates(block: $0.block, hidden: $0.rows(range)) },
            door: door?(range, batch))
          let pooled = workspace.matrix(rows: batch.rows, columns: hidden.columns)
          Pool.forward(hidden, batch, pooling, into: pooled)
          correction?.apply(to: pooled, workspace: workspace)
          body(lane, range, batch, hidden, pooled)
        }
      }
      try afterRound(round.count, round.last?.upperBound ?? 0)
    }
  }

  /// Examples in order, as many in a batch as fit.
  static func batches(_ examples: [TokenizedExample], tokens most: Int) -> [Range<Int>] {
    var batches: [Range<Int>] = []
    var start = 0
    var tokens = 0
    for (index, example) in examples.enumerated() {
      if index > start, tokens + example.ids.count > most {
        batches.append(start..<index)
        start = index
        tokens = 0
      }
      tokens += example.ids.count
    }
    return start < examples.count ? batches + [start..<examples.count] : batches
  }
}

/// What one thread of an evaluation leaves.
private final class EvaluationLane<Part> {
  /// One for each batch since they were last emptied.
  var parts: [Part] = []
}

extension TaskSpec {
  /// All metrics of the task over some predictions, by name.
  public func scores(_ predictions: [Target], _ targets: [Target]) throws -> [String: Double] {
    var scores: [String: Double] = [:]
    for name in metrics {
      scores[name] = try Metrics.all.entry(named: name).compute(predictions, targets, labels.map(\.name))
    }
    return scores
  }
}
