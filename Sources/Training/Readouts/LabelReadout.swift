internal import LinearAlgebra
internal import Models
internal import Specs
internal import Tasks

extension ReadoutRow {
  /// One label of a list.
  static let label = ReadoutRow(
    name: "label", summary: "one label of a list, by softmax over the pooled vector"
  ) {
    LabelReadout(outputs: $0.labels.count)
  }
}

/// softmax over a text's logits; cross-entropy.
struct LabelReadout: Readout {
  let outputs: Int
  var features: Features { .pooled }

  func loss(_ logits: Matrix, of item: Item, weight: Float) -> Double {
    Loss.crossEntropy(logits, label: item.example.target.label, weight: weight)
  }

  func prediction(_ logits: Matrix, for example: TokenizedExample) -> Target {
    .label(Loss.argmax(logits, row: 0))
  }
}
