internal import Basics
internal import LinearAlgebra
internal import Models
internal import Specs
internal import Tasks

extension ReadoutRow {
  /// A tag for each word.
  static let tags = ReadoutRow(name: "tags", summary: "a tag for each word, by softmax over its first token")
  {
    TagReadout(outputs: $0.labels.count, unseen: $0.labelOfUnseenWords)
  }
}

/// softmax over each word's logits; cross-entropy.
struct TagReadout: Readout {
  let outputs: Int
  /// The tag of words without a token and of those beyond the longest length.
  let unseen: Int
  var features: Features { .words }

  func loss(_ logits: Matrix, of item: Item, weight: Float) -> Double {
    let example = item.example
    return Loss.crossEntropy(logits, label: example.target.tags[example.words[item.index]], weight: weight)
  }

  func prediction(_ logits: Matrix, for example: TokenizedExample) -> Target {
    var tags = [Int](repeating: unseen, count: example.wordCount)
    for (item, word) in example.words.enumerated() { tags[word] = Loss.argmax(logits, row: item) }
    return .tags(tags)
  }

  func probabilities(_ logits: Matrix, for example: TokenizedExample) -> [Float] {
    var all = [Float](repeating: 0, count: example.wordCount * outputs)
    for (item, word) in example.words.enumerated() {
      let own = Loss.softmax(logits.rows(item..<item + 1)).map { Float($0) }
      all.replaceSubrange(word * outputs..<(word + 1) * outputs, with: own)
    }
    return all
  }

  /// The tags of all words together are too many to go through: one each is drawn, which has the same mean.
  let ownAnswers = 1

  func score(_ logits: Matrix, ofOwn answer: Int, draw: inout RandomStream) {
    _ = Loss.crossEntropy(logits, label: drawn(Loss.softmax(logits), &draw), weight: 1)
  }

  /// An index drawn by its probability.
  private func drawn(_ probabilities: [Double], _ stream: inout RandomStream) -> Int {
    var rest = stream.uniform()
    for (index, probability) in probabilities.enumerated() {
      rest -= probability
      if rest < 0 { return index }
    }
    return probabilities.count - 1
  }
}
