internal import Basics
internal import Checkpoints
package import LinearAlgebra
public import Models
public import Specs
internal import Tasks

/// A task's head with what its loss and its predictions need.
public struct TaskHead: Sendable {
  /// The task.
  public let task: TaskSpec
  /// The head.
  public let head: Head
  /// Where the gradients of a linear head are accumulated.
  public let gradient: Head?
  /// The values of the labels of a regression over label descriptions; empty otherwise.
  public let anchors: [Double]

  /// Joins a task and a head.
  public init(task: TaskSpec, head: Head, gradient: Head? = nil) {
    self.task = task
    self.head = head
    self.gradient = gradient
    anchors = task.kind == .regression && task.head == .labels ? task.labels.map { $0.value ?? 0 } : []
  }

  /// Outputs that a linear head of a task has.
  public static func outputs(_ task: TaskSpec) -> Int {
    task.kind == .regression && task.head == .linear ? 1 : task.labels.count
  }

  /// Feature vectors of an example: one for each of its words that has a token where they are tagged.
  func items(_ example: TokenizedExample) -> Int {
    task.kind == .tagging ? example.wordStarts.count : 1
  }

  /// The features (n, C) of some rows: their pooled vectors, or for tagging the first token of each word.
  func features(
    _ states: States, rows: some Collection<Int>, examples: some Collection<TokenizedExample>,
    workspace: Workspace
  ) -> Matrix {
    let features = workspace.matrix(
      rows: examples.reduce(0) { $0 + items($1) }, columns: states.hidden.columns)
    var next = 0
    for (row, example) in zip(rows, examples) {
      if task.kind == .tagging {
        for start in example.wordStarts {
          let token = states.batch.starts[row] + start
          features.rows(next..<next + 1).copy(from: states.hidden.rows(token..<token + 1))
          next += 1
        }
      } else {
        features.rows(next..<next + 1).copy(from: states.pooled.rows(row..<row + 1))
        next += 1
      }
    }
    return features
  }

  /// The loss of some rows of a batch, summed; gradients are added to `dhidden` and to the head's own.
  ///
  /// - Parameter weight: The factor on each row's loss in the gradients, 1 ÷ rows of the step.
  package func loss(
    _ states: States, rows: some Collection<Int>, examples: some Collection<TokenizedExample>, weight: Float,
    dhidden: Matrix, workspace: Workspace
  ) -> Double {
    loss(
      states, rows: rows, examples: examples, weight: weight, dhidden: dhidden, workspace: workspace
    ) { logits, place, item, weight in itemLoss(logits, place.example, item, weight: weight) }
  }

  /// The loss of an item: its logits, which become weight · dloss/dlogits; the example with its place among those of the
  /// call; the item of the example, a word or the example itself; the weight.
  package typealias ItemLoss = (Matrix, (index: Int, example: TokenizedExample), Int, Float) -> Double

  /// The same for any loss of single items.
  package func loss(
    _ states: States, rows: some Collection<Int>, examples: some Collection<TokenizedExample>, weight: Float,
    dhidden: Matrix, workspace: Workspace, of itemLoss: ItemLoss
  ) -> Double {
    let features = features(states, rows: rows, examples: examples, workspace: workspace)
    if features.rows == 0 { return 0 }
    let logits = head.forward(features, workspace: workspace)
    let dlogits = workspace.matrix(rows: logits.rows, columns: logits.columns)
    dlogits.copy(from: logits)
    var sum = 0.0
    var next = 0
    for (index, example) in examples.enumerated() {
      let count = items(example)
      for item in 0..<count {
        let row = dlogits.rows(next..<next + 1)
        // A sentence counts as one example, whatever the number of its words.
        sum += itemLoss(row, (index, example), item, weight / Float(count)) / Double(count)
        next += 1
      }
    }
    let dfeatures = head.backward(
      dlogits, features: features, logits: logits, gradient: gradient, workspace: workspace)
    scatter(dfeatures, states, rows: rows, examples: examples, into: dhidden)
    return sum
  }

  /// Adds the gradients of features to that of the last hidden state, (T, C), where the features came from.
  ///
  /// - Parameter dfeatures: (n, C) in the order of `features`; overwritten.
  func scatter(
    _ dfeatures: Matrix, _ states: States, rows: some Collection<Int>,
    examples: some Collection<TokenizedExample>, into dhidden: Matrix
  ) {
    var next = 0
    for (row, example) in zip(rows, examples) {
      for item in 0..<items(example) {
        let df = dfeatures.rows(next..<next + 1)
        if task.kind == .tagging {
          let token = states.batch.starts[row] + example.wordStarts[item]
          add(df, to: dhidden.rows(token..<token + 1))
        } else {
          Pool.backward(df, row: row, states.batch, states.pooling, into: dhidden)
        }
        next += 1
      }
    }
  }

  private func itemLoss(_ logits: Matrix, _ example: TokenizedExample, _ item: Int, weight: Float) -> Double {
    switch example.target {
    case .label(let label): Loss.crossEntropy(logits, label: label, weight: weight)
    case .number(let number) where anchors.isEmpty: Loss.squaredError(logits, target: number, weight: weight)
    case .number(let number):
      Loss.anchoredCrossEntropy(logits, target: number, anchors: anchors, weight: weight)
    case .tags(let tags): Loss.crossEntropy(logits, label: tags[example.words[item]], weight: weight)
    }
  }

  /// The predicted distribution of every item of all rows of a batch.
  package func probabilities(
    _ states: States, examples: some Collection<TokenizedExample>, workspace: Workspace
  ) -> [[[Double]]] {
    let features = features(
      states, rows: 0..<states.batch.rows, examples: examples, workspace: workspace)
    let logits = features.rows == 0 ? features : head.forward(features, workspace: workspace)
    var next = 0
    return examples.map { example in
      let count = items(example)
      defer { next += count }
      return (next..<next + count).map { Loss.probabilities(logits.rows($0..<$0 + 1)) }
    }
  }

  /// What the head predicts for some rows.
  ///
  /// Words without a token and those beyond the longest length get the tag `O`, where the task has one.
  func predict(
    _ states: States, rows: some Collection<Int>, examples: some Collection<TokenizedExample>,
    workspace: Workspace
  ) -> [Target] {
    let features = features(states, rows: rows, examples: examples, workspace: workspace)
    let logits = features.rows == 0 ? features : head.forward(features, workspace: workspace)
    let outside = task.labels.firstIndex { $0.name == "O" } ?? 0
    var next = 0
    return examples.map { example in
      let count = items(example)
      defer { next += count }
      switch example.target {
      case .label: return .label(Loss.argmax(logits, row: next))
      case .number: return .number(Loss.predictedValue(logits.rows(next..<next + 1), anchors: anchors))
      case .tags(let tags):
        var predicted = [Int](repeating: outside, count: tags.count)
        for (item, word) in example.words.enumerated() {
          predicted[word] = Loss.argmax(logits, row: next + item)
        }
        return .tags(predicted)
      }
    }
  }
}
