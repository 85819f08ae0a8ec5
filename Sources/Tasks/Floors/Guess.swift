/// What is answered without reading a text: the most frequent label of the training data, every label that holds in more than
/// half of them, their mean number, and for a word the tag that it has most often, where it is known.
///
/// The floor below which a model has learned nothing of its inputs.
public struct Guess: Sendable {
  private let always: Prediction
  private let labels: Int
  /// By word: how often it has each tag.
  private var words: [String: [Int]] = [:]

  /// Counts training examples; there is at least one.
  ///
  /// - Parameter labels: How many the task has.
  public init(_ train: [Example], labels: Int) {
    self.labels = labels
    var counts = [Int](repeating: 0, count: labels)
    var sum = 0.0
    for example in train {
      if case .number(let number) = example.target { sum += number }
      for index in example.target.indices { counts[index] += 1 }
      guard case .tags(let tags) = example.target else { continue }
      for (word, tag) in zip(example.words, tags) {
        words[word, default: [Int](repeating: 0, count: labels)][tag] += 1
      }
    }
    let rows = Double(max(1, train.count))
    switch train.first?.target.form ?? .label {
    case .number: always = Prediction(.number(sum / rows))
    case .labels:
      let shares = counts.map { Double($0) / rows }
      always = Prediction(
        .labels(shares.indices.filter { shares[$0] > 0.5 }), probabilities: shares.map { Float($0) })
    case .label, .tags:
      always = Prediction(.label(Self.most(counts)), probabilities: Self.shares(counts))
    }
  }

  /// The answer to an example of the same task.
  public func answer(_ example: Example) -> Prediction {
    guard example.target.form == .tags else { return always }
    var tags: [Int] = []
    var probabilities: [Float] = []
    for word in example.words {
      let known = words[word]
      tags.append(known.map(Self.most) ?? always.target.label)
      probabilities += known.map(Self.shares) ?? always.probabilities
    }
    return Prediction(.tags(tags), probabilities: probabilities)
  }

  /// The place of the largest count, of equal ones the first.
  private static func most(_ counts: [Int]) -> Int {
    counts.indices.max { counts[$0] < counts[$1] || (counts[$0] == counts[$1] && $0 > $1) } ?? 0
  }

  private static func shares(_ counts: [Int]) -> [Float] {
    let sum = counts.reduce(0, +)
    return counts.map { Float($0) / Float(max(1, sum)) }
  }
}
