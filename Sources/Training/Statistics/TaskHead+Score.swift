internal import Basics
internal import LinearAlgebra
internal import Models
internal import Specs
internal import Tasks

extension TaskHead {
  /// How many labels y are gone through for one text, each in a backward pass of its own.
  func scorePasses(_ labels: FisherLabels) -> Int {
    let isWhole = labels == .model && task.kind != .tagging
    return isWhole ? head.outputs : 1
  }

  /// Turns a row of logits into the gradient by them of −√q(y)·log p(y), with y and its q of a pass.
  ///
  /// With q = 1 of the data's label, of a tag that is drawn from p, or q = p of the pass's label.
  /// - Parameter word: The word whose tag it is, where words are tagged.
  func score(
    _ logits: Matrix, _ target: Target, word: Int, pass: Int, _ labels: FisherLabels,
    draw: inout RandomStream
  ) {
    switch (target, labels) {
    case (.number(let number), .data) where anchors.isEmpty:
      // log p = −(o − y)² / 2 + constant
      logits[0, 0] -= Float(number)
    case (.number, .model) where anchors.isEmpty:
      // The mean of (o − y)² over y is the variance, 1.
      logits[0, 0] = 1
    case (.number(let number), .data):
      _ = Loss.anchoredCrossEntropy(logits, target: number, anchors: anchors, weight: 1)
    case (.label(let label), .data): _ = Loss.crossEntropy(logits, label: label, weight: 1)
    case (.tags(let tags), .data): _ = Loss.crossEntropy(logits, label: tags[word], weight: 1)
    case (.tags, .model):
      let label = TaskHead.drawn(Loss.softmax(logits), &draw)
      _ = Loss.crossEntropy(logits, label: label, weight: 1)
    case (.label, .model), (.number, .model):
      let probability = Loss.softmax(logits)[pass]
      _ = Loss.crossEntropy(logits, label: pass, weight: Float(probability.squareRoot()))
    }
  }

  /// An index drawn by its probability.
  private static func drawn(_ probabilities: [Double], _ stream: inout RandomStream) -> Int {
    var rest = stream.uniform()
    for (index, probability) in probabilities.enumerated() {
      rest -= probability
      if rest < 0 { return index }
    }
    return probabilities.count - 1
  }
}
