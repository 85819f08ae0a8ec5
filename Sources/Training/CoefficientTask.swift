public import Checkpoints
public import LinearAlgebra
internal import Merging
public import Models
internal import Specs

/// A task on which coefficients are learned: texts, a frozen head, and what the expert says of them where it is asked.
public struct CoefficientTask: Sendable {
  /// The task with its head, which stays as it is.
  public var head: TaskHead
  /// The texts.
  public var examples: [TokenizedExample]
  /// The expert's distribution for every item of every text; empty where nobody asks.
  public var expert: [[[Double]]]

  /// Joins the parts.
  public init(head: TaskHead, examples: [TokenizedExample], expert: [[[Double]]] = []) {
    self.head = head
    self.examples = examples
    self.expert = expert
  }

  /// What an expert predicts for some texts.
  ///
  /// - Parameter network: The expert: the base with its change folded in.
  public static func distributions(
    of examples: [TokenizedExample], head: TaskHead, network: any Network, pooling: Pooling,
    workspace: Workspace
  ) -> [[[Double]]] {
    Evaluator.batches(examples, tokens: WorkLimits.evaluationTokens).flatMap { range in
      let part = Array(examples[range])
      let batch = PackedBatch(part)
      workspace.reset()
      let hidden = network.hidden(batch, workspace: workspace)
      let pooled = workspace.matrix(rows: batch.rows, columns: hidden.columns)
      Pool.forward(hidden, batch, pooling, into: pooled)
      return head.probabilities(hidden, pooled: pooled, batch, examples: part, workspace: workspace)
    }
  }

  /// The loss of some rows of a batch, summed; weighted gradients are added to `dhidden`.
  func loss(
    _ objective: CoefficientLearning.Objective, _ hidden: Matrix, pooled: Matrix, _ batch: PackedBatch,
    rows: [Int], drawn: [Drawn], pooling: Pooling, weight: Float, dhidden: Matrix, workspace: Workspace
  ) -> Double {
    func loss(of item: TaskHead.ItemLoss) -> Double {
      head.loss(
        hidden, pooled: pooled, batch, rows: rows, examples: drawn.map(\.example), pooling: pooling,
        weight: weight, dhidden: dhidden, workspace: workspace, of: item)
    }
    switch objective {
    case .entropy:
      return loss { logits, _, _, weight in Loss.entropy(logits, weight: weight) }
    case .jensenShannon:
      return loss { logits, example, item, weight in
        Loss.jensenShannon(logits, to: expert[drawn[example.index].index][item], weight: weight)
      }
    case .crossEntropy:
      return head.loss(
        hidden, pooled: pooled, batch, rows: rows, examples: drawn.map(\.example), pooling: pooling,
        weight: weight, dhidden: dhidden, workspace: workspace)
    }
  }
}
