internal import LinearAlgebra
internal import Models
internal import Specs
internal import Tasks

extension ReadoutRow {
  /// A number between described values.
  static let anchors = ReadoutRow(
    name: "anchors",
    summary: "a number, by softmax over the values that labels stand for, over the pooled vector"
  ) { task in AnchorReadout(anchors: task.labels.map { $0.value ?? 0 }) }
}

/// softmax over values, whose mean is the number; cross-entropy against the two values around it.
struct AnchorReadout: Readout {
  let anchors: [Double]
  var outputs: Int { anchors.count }
  var features: Features { .pooled }

  func loss(_ logits: Matrix, of item: Item, weight: Float) -> Double {
    Loss.anchoredCrossEntropy(logits, target: item.example.target.number, anchors: anchors, weight: weight)
  }

  func prediction(_ logits: Matrix, for example: TokenizedExample) -> Target {
    .number(Loss.predictedValue(logits, anchors: anchors))
  }
}
