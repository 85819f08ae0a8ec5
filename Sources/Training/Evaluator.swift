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
  public init(weights: EncoderWeights, pooling: Pooling, tokensPerBatch: Int = 2048) {
    self.weights = weights
    self.pooling = pooling
    self.tokensPerBatch = tokensPerBatch
  }

  /// One prediction for each example, in order.
  public func predict(
    _ examples: [TokenizedExample], head: TaskHead, workspace: Workspace,
    progress: (Int) throws -> Void = { _ in }
  ) rethrows -> [Target] {
    var predictions: [Target] = []
    predictions.reserveCapacity(examples.count)
    var next = 0
    while next < examples.count {
      var batch = PackedBatch()
      let first = next
      while next < examples.count,
        batch.rows == 0 || batch.tokens + examples[next].ids.count <= tokensPerBatch
      {
        batch.append(ids: examples[next].ids, types: examples[next].types)
        next += 1
      }
      workspace.reset()
      let hidden = Encoder.hidden(weights, batch, workspace: workspace)
      let pooled = workspace.matrix(rows: batch.rows, columns: hidden.columns)
      Pool.forward(hidden, batch, pooling, into: pooled)
      predictions += head.predict(
        hidden, pooled: pooled, batch, rows: Array(0..<batch.rows), examples: Array(examples[first..<next]),
        workspace: workspace)
      try progress(next)
    }
    return predictions
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
