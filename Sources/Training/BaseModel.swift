public import Basics
public import Checkpoints
public import LinearAlgebra
public import Models
internal import Outlines
public import Specs
public import Tasks
public import Tokenizers

/// A base that can be trained and evaluated: weights, pooling and tokenizer.
public struct BaseModel: Sendable {
  /// The frozen weights.
  public var network: any Network
  /// How a row becomes one vector.
  public var pooling: Pooling
  /// The tokenizer.
  public var tokenizer: Tokenizer
  /// The token that ends an answer; nil where the base has none, or predicts no tokens.
  public var end: Int32?

  /// Joins the parts.
  public init(network: any Network, pooling: Pooling, tokenizer: Tokenizer, end: Int32? = nil) {
    self.network = network
    self.pooling = pooling
    self.tokenizer = tokenizer
    self.end = end
  }

  /// The examples of a task as the base reads them.
  ///
  /// - Parameters:
  ///   - maxTokens: What longer ones are cut to.
  ///   - areLearnt: Whether they teach what is right; otherwise they ask.
  public func rows(_ examples: [Example], of task: TaskSpec, maxTokens: Int, areLearnt: Bool)
    -> [TokenizedExample]
  {
    let reader = TaskReader(task, tokenizer: tokenizer, end: end)
    return examples.map { reader.row($0, maxTokens: maxTokens, isLearnt: areLearnt) }
  }

  /// A head in which nothing is trained.
  ///
  /// - Parameter scale: That of cosines to labels.
  public func frozenHead(_ task: TaskSpec, scale: Double, workspace: Workspace) -> Head {
    task.head == .answers ? answerHead : labelHead(task, scale: scale, workspace: workspace)
  }

  /// The head of what the base itself says; traps where it predicts no tokens.
  public var answerHead: Head {
    guard let logits = network.unembedding else { preconditionFailure("the base predicts no tokens") }
    return .answers(AnswerHead(logits))
  }

  /// The same base with products in another precision; rounded weights are this process's own.
  ///
  /// - Throws: a `Diagnostic` where products in bf16 cannot be had here.
  public func reading(_ precision: Precision) throws(Diagnostic) -> BaseModel {
    if network.precision == precision { return self }
    var base = self
    if precision == .float32 {
      base.network = network.exact
      return base
    }
    base.network = try network.rounding()
    return base
  }

  /// A frozen head for a task: the base's own embeddings of the labels' descriptions, as unit rows (k, C).
  public func labelHead(_ task: TaskSpec, scale: Double, workspace: Workspace) -> Head {
    workspace.reset()
    var batch = PackedBatch()
    for label in task.labels {
      let encoding = tokenizer.encode(label.description, maxTokens: network.outline.limits.positions)
      batch.append(ids: encoding.ids, types: encoding.types)
    }
    let labels = Matrix(rows: task.labels.count, columns: network.outline.width)
    // In single precision, whatever the base reads: the head is the same for all models of a task.
    labels.copy(from: reader(network.exact).read(batch, workspace: workspace).pooled)
    labels.normaliseRows()
    return .cosine(labels: labels, scale: Float(scale))
  }
}
