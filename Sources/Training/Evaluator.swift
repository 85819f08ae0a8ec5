internal import Basics
public import Checkpoints
public import LinearAlgebra
public import Models
public import Specs
public import Tasks

/// Predictions of a model: weights with any ΔW folded in, and a head.
public struct Evaluator: Sendable {
  private let weights: EncoderWeights
  private let pooling: Pooling
  private let tokensPerBatch: Int

  /// Evaluates a model.
  ///
  /// - Parameter tokensPerBatch: Rows are packed up to so many tokens; it bounds the memory and changes no result
  ///   beyond the last bits.
  public init(weights: EncoderWeights, pooling: Pooling, tokensPerBatch: Int = WorkLimits.evaluationTokens) {
    self.weights = weights
    self.pooling = pooling
    self.tokensPerBatch = tokensPerBatch
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
    let lanes = workspaces.map { EvaluationLane(workspace: $0) }
    let batches = Evaluator.batches(examples, tokens: tokensPerBatch)
    var predictions: [Target] = []
    predictions.reserveCapacity(examples.count)
    // Several batches a thread before threads wait for each other, so that unequal ones even out.
    let round = lanes.count == 1 ? 1 : 4 * lanes.count
    for first in stride(from: 0, to: batches.count, by: round) {
      let round = batches[first..<min(first + round, batches.count)]
      concurrently(min(lanes.count, round.count)) { lane in
        lanes[lane].predictions.removeAll(keepingCapacity: true)
        for batch in stride(from: first + lane, to: round.endIndex, by: lanes.count) {
          let range = round[batch]
          let start = states.map { EnteringStates(block: $0.block, hidden: $0.rows(range)) }
          lanes[lane].predict(examples[range], weights, pooling, head, from: start)
        }
      }
      for batch in 0..<round.count {
        predictions += lanes[batch % lanes.count].predictions[batch / lanes.count]
      }
      try progress(predictions.count)
    }
    return predictions
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

/// What one thread of an evaluation needs.
private final class EvaluationLane {
  private let workspace: Workspace
  /// A list for each batch since they were last emptied.
  var predictions: [[Target]] = []

  init(workspace: Workspace) {
    self.workspace = workspace
  }

  func predict(
    _ examples: ArraySlice<TokenizedExample>, _ weights: EncoderWeights, _ pooling: Pooling,
    _ head: TaskHead, from start: EnteringStates?
  ) {
    let batch = PackedBatch(examples)
    workspace.reset()
    let hidden = Encoder.hidden(weights, batch, workspace: workspace, from: start)
    let pooled = workspace.matrix(rows: batch.rows, columns: hidden.columns)
    Pool.forward(hidden, batch, pooling, into: pooled)
    predictions.append(
      head.predict(
        hidden, pooled: pooled, batch, rows: 0..<batch.rows, examples: examples, workspace: workspace))
  }
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
