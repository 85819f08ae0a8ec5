internal import Basics
internal import Foundation
internal import LinearAlgebra
internal import Models
internal import Specs
internal import Tasks

extension ReadoutRow {
  /// Every label of a list by itself.
  static let labels = ReadoutRow(
    name: "labels", summary: "every label of a list by itself, by sigmoid over the pooled vector"
  ) { LabelsReadout(outputs: $0.labels.count) }
}

/// p_i = σ(z_i) for each label apart; a label is predicted where p_i > ½.
///
/// The loss of a text is the mean over the labels of their binary cross-entropies, as transformers'
/// `multi_label_classification` has it, so that texts of tasks with many labels weigh no more than those of others.
struct LabelsReadout: Readout {
  let outputs: Int
  let insteadOfDistribution: String? = "a share for each label by itself"
  var features: Features { .pooled }

  func loss(_ logits: Matrix, of item: Item, weight: Float) -> Double {
    crossEntropies(logits, item.example.target.labelSet, weight: weight / Float(outputs)) / Double(outputs)
  }

  func prediction(_ logits: Matrix, for example: TokenizedExample) -> Target {
    .labels((0..<outputs).filter { logits[0, $0] > 0 })
  }

  /// Of each label by itself.
  func probabilities(_ logits: Matrix, for example: TokenizedExample) -> [Float] {
    (0..<outputs).map { Float(1 / (1 + exp(-Double(logits[0, $0])))) }
  }

  /// −log p of all labels together, which is the sum, not the mean.
  func score(_ logits: Matrix, of item: Item) {
    _ = crossEntropies(logits, item.example.target.labelSet, weight: 1)
  }

  /// Labels are independent, so that Σ_y p(y)·(Σ_i (p_i − y_i)·∂z_i)² = Σ_i p_i·(1 − p_i)·(∂z_i)²: one pass for each label
  /// instead of one for each of 2^k sets of them.
  func score(_ logits: Matrix, ofOwn answer: Int, draw: inout RandomStream) {
    let share = 1 / (1 + exp(-Double(logits[0, answer])))
    for label in 0..<outputs {
      logits[0, label] = label == answer ? Float((share * (1 - share)).squareRoot()) : 0
    }
  }

  /// Σ_i log(1 + e^z_i) − y_i·z_i; on return the row holds weight · (p_i − y_i).
  private func crossEntropies(_ logits: Matrix, _ labels: [Int], weight: Float) -> Double {
    var sum = 0.0
    var next = labels[...]
    for i in 0..<outputs {
      let z = Double(logits[0, i])
      let holds = next.first == i
      if holds { next.removeFirst() }
      // In a form that no exponential overflows.
      sum += max(z, 0) - (holds ? z : 0) + log1p(exp(-abs(z)))
      logits[0, i] = weight * Float(1 / (1 + exp(-z)) - (holds ? 1 : 0))
    }
    precondition(next.isEmpty, "labels \(labels) of \(outputs)")
    return sum
  }
}
