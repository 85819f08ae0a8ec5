public import LinearAlgebra
internal import Merging
internal import Models
internal import Specs
public import Training

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
  /// - Parameter reader: The expert: the base with its change folded in.
  public static func distributions(
    of examples: [TokenizedExample], head: TaskHead, reader: Reader, workspace: Workspace
  ) -> [[[Double]]] {
    batches(examples, tokens: WorkLimits.evaluationTokens).flatMap { range in
      let part = Array(examples[range])
      workspace.reset()
      return head.probabilities(
        reader.read(PackedBatch(part), workspace: workspace), examples: part, workspace: workspace)
    }
  }

  /// The loss of some rows of a batch, summed; weighted gradients are added to `dhidden`.
  func loss(
    _ objective: CoefficientLearning.Objective, _ states: States, rows: [Int], drawn: [Drawn], weight: Float,
    dhidden: Matrix, workspace: Workspace
  ) -> Double {
    func loss(of item: TaskHead.ItemLoss) -> Double {
      head.loss(
        states, rows: rows, examples: drawn.map(\.example), weight: weight, dhidden: dhidden,
        workspace: workspace, of: item)
    }
    switch objective {
    case .entropy:
      return loss { logits, _, _, weight in Loss.entropy(logits, weight: weight) }
    case .jensenShannon:
      return loss { logits, row, item, weight in
        Loss.jensenShannon(logits, to: expert[drawn[row].index][item.index], weight: weight)
      }
    case .crossEntropy:
      return head.loss(
        states, rows: rows, examples: drawn.map(\.example), weight: weight, dhidden: dhidden,
        workspace: workspace)
    }
  }
}
