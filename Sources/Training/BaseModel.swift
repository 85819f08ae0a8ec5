public import Checkpoints
public import LinearAlgebra
public import Models
public import Specs
public import Tokenizers

/// A base that can be trained and evaluated: weights, pooling and tokenizer.
public struct BaseModel: Sendable {
  /// The frozen weights.
  public var weights: EncoderWeights
  /// How a row becomes one vector.
  public var pooling: Pooling
  /// The tokenizer.
  public var tokenizer: Tokenizer

  /// Joins the parts.
  public init(weights: EncoderWeights, pooling: Pooling, tokenizer: Tokenizer) {
    self.weights = weights
    self.pooling = pooling
    self.tokenizer = tokenizer
  }

  /// The longest input that the base can read, at most `wanted`.
  public func maxTokens(_ wanted: Int) -> Int { min(wanted, weights.shape.positions) }

  /// A frozen head for a task: the base's own embeddings of the labels' descriptions, as unit rows (k, C).
  public func labelHead(_ task: TaskSpec, scale: Double, workspace: Workspace) -> Head {
    workspace.reset()
    var batch = PackedBatch()
    for label in task.labels {
      let encoding = tokenizer.encode(label.description, maxTokens: weights.shape.positions)
      batch.append(ids: encoding.ids, types: encoding.types)
    }
    let labels = Matrix(rows: task.labels.count, columns: weights.shape.hidden)
    let hidden = Encoder.hidden(weights, batch, workspace: workspace)
    Pool.forward(hidden, batch, pooling, into: labels)
    labels.normaliseRows()
    return .cosine(labels: labels, scale: Float(scale))
  }
}
