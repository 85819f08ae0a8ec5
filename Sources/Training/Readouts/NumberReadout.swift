internal import Basics
internal import LinearAlgebra
internal import Models
internal import Specs
internal import Tasks

extension ReadoutRow {
  /// A number as it is.
  static let number = ReadoutRow(name: "number", summary: "a number, by squared error over the pooled vector")
  { _ in
    NumberReadout()
  }
}

/// One output; squared error.
///
/// As a distribution it is normal with variance 1: log p(y) = −(o − y)² ÷ 2 + constant.
struct NumberReadout: Readout {
  let outputs = 1
  let insteadOfDistribution: String? = "one number"
  var features: Features { .pooled }

  func loss(_ logits: Matrix, of item: Item, weight: Float) -> Double {
    Loss.squaredError(logits, target: item.example.target.number, weight: weight)
  }

  func prediction(_ logits: Matrix, for example: TokenizedExample) -> Target {
    .number(Loss.predictedValue(logits, anchors: []))
  }

  func score(_ logits: Matrix, of item: Item) { logits[0, 0] -= Float(item.example.target.number) }

  /// The mean of (o − y)² over y is the variance, 1.
  func score(_ logits: Matrix, ofOwn answer: Int, draw: inout RandomStream) { logits[0, 0] = 1 }
}
