internal import LinearAlgebra
internal import Models
internal import Specs
internal import Tasks

extension ReadoutRow {
  /// The likeliest of some answers.
  static let answers = ReadoutRow(
    name: "answers", summary: "the likeliest of the labels' words behind the text, as a decoder says them"
  ) { AnswersReadout(outputs: $0.labels.count) }
}

/// The logits of a text are the log-likelihoods of its answers; the likeliest is predicted, the first of equals, and softmax over
/// them says how sure that is.
///
/// A row that is learnt has one answer, and its loss is that of a language model: −log p of the answer's tokens, whose mean over
/// all tokens of a step is what descends, so that cutting a step into batches changes nothing.
/// A row that is asked is a classification like any other.
struct AnswersReadout: Readout {
  let outputs: Int
  var features: Features { .answers }

  func items(_ example: TokenizedExample) -> Int { 1 }

  func weight(_ example: TokenizedExample) -> Int? {
    example.answers.flatMap { $0.isLearnt ? $0.count : nil }
  }

  func loss(_ logits: Matrix, of item: Item, weight: Float) -> Double {
    guard item.example.answers?.isLearnt == true else {
      return Loss.crossEntropy(logits, label: item.example.target.label, weight: weight)
    }
    defer { logits[0, 0] = -weight }
    return -Double(logits[0, 0])
  }

  func prediction(_ logits: Matrix, for example: TokenizedExample) -> Target {
    .label(Loss.argmax(logits, row: 0))
  }
}
