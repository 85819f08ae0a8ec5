package import LinearAlgebra
public import Models
public import Specs
internal import Tasks

/// A task's head with the meaning of what it reads and gives.
public struct TaskHead: Sendable {
  /// The task.
  public let task: TaskSpec
  /// The head.
  public let head: Head
  /// Where the gradients of a linear head are accumulated.
  public let gradient: Head?
  /// What the head's numbers mean.
  package let readout: any Readout

  /// Joins a task and a head.
  public init(task: TaskSpec, head: Head, gradient: Head? = nil) {
    self.task = task
    self.head = head
    self.gradient = gradient
    readout = Readouts.readout(of: task)
  }

  /// Outputs that a linear head of a task has.
  public static func outputs(_ task: TaskSpec) -> Int { Readouts.readout(of: task).outputs }

  /// Items of an example, each of which has a row of logits.
  func items(_ example: TokenizedExample) -> Int { readout.items(example) }

  /// Feature vectors of an example.
  func vectors(_ example: TokenizedExample) -> Int { readout.features.count(example) }

  /// The logits of some examples, a row for each item.
  ///
  /// - Parameter features: (n, C) in the order of `features`.
  package func logits(
    _ features: Matrix, _ examples: some Collection<TokenizedExample>, workspace: Workspace
  ) -> Matrix {
    head.forward(features, answers: answers(examples), workspace: workspace)
  }

  /// The gradient by the features, (n, C), from that by the logits.
  func backward(
    _ dlogits: Matrix, features: Matrix, logits: Matrix, _ examples: some Collection<TokenizedExample>,
    gradient: Head?, workspace: Workspace
  ) -> Matrix {
    head.backward(
      dlogits, features: features, logits: logits, answers: answers(examples), gradient: gradient,
      workspace: workspace)
  }

  /// The tokens of the answers of examples whose features lie end to end.
  private func answers(_ examples: some Collection<TokenizedExample>) -> [[[AnswerHead.Token]]] {
    guard case .answers = head else { return [] }
    var first = 0
    return examples.map { example in
      guard let answers = example.answers else { preconditionFailure("an example without answers") }
      defer { first += answers.places.count }
      return answers.tokens.map { $0.map { .init(place: first + $0.place, id: $0.id) } }
    }
  }

  /// The features (n, C) of some rows.
  package func features(
    _ states: States, rows: some Collection<Int>, examples: some Collection<TokenizedExample>,
    workspace: Workspace
  ) -> Matrix {
    let features = workspace.matrix(
      rows: examples.reduce(0) { $0 + vectors($1) }, columns: states.hidden.columns)
    var next = 0
    for (row, example) in zip(rows, examples) {
      for item in 0..<vectors(example) {
        features.rows(next..<next + 1).copy(
          from: readout.features.vector(states, row, Item(example: example, index: item)))
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
    ) { logits, _, item, weight in readout.loss(logits, of: item, weight: weight) }
  }

  /// The loss of an item: its logits, which become weight · dloss/dlogits; the place of its example among those of the call;
  /// the item; the weight.
  package typealias ItemLoss = (Matrix, Int, Item, Float) -> Double

  /// The same for any loss of single items.
  package func loss(
    _ states: States, rows: some Collection<Int>, examples: some Collection<TokenizedExample>, weight: Float,
    dhidden: Matrix, workspace: Workspace, of itemLoss: ItemLoss
  ) -> Double {
    let features = features(states, rows: rows, examples: examples, workspace: workspace)
    if features.rows == 0 { return 0 }
    let logits = logits(features, examples, workspace: workspace)
    let dlogits = workspace.matrix(rows: logits.rows, columns: logits.columns)
    dlogits.copy(from: logits)
    var sum = 0.0
    var next = 0
    for (index, example) in examples.enumerated() {
      let count = items(example)
      for item in 0..<count {
        let row = dlogits.rows(next..<next + 1)
        // A sentence counts as one example, whatever the number of its words.
        sum +=
          itemLoss(row, index, Item(example: example, index: item), weight / Float(count)) / Double(count)
        next += 1
      }
    }
    let dfeatures = backward(
      dlogits, features: features, logits: logits, examples, gradient: gradient, workspace: workspace)
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
      for item in 0..<vectors(example) {
        readout.features.scatter(
          dfeatures.rows(next..<next + 1), states, row, Item(example: example, index: item), dhidden)
        next += 1
      }
    }
  }

  /// The predicted distribution of every item of all rows of a batch.
  package func probabilities(
    _ states: States, examples: some Collection<TokenizedExample>, workspace: Workspace
  ) -> [[[Double]]] {
    perExample(states, rows: 0..<states.batch.rows, examples: examples, workspace: workspace) { logits, _ in
      (0..<logits.rows).map { Loss.probabilities(logits.rows($0..<$0 + 1)) }
    }
  }

  /// What the head predicts for some rows.
  func predict(
    _ states: States, rows: some Collection<Int>, examples: some Collection<TokenizedExample>,
    workspace: Workspace
  ) -> [Prediction] {
    perExample(states, rows: rows, examples: examples, workspace: workspace) { logits, example in
      Prediction(
        readout.prediction(logits, for: example), probabilities: readout.probabilities(logits, for: example))
    }
  }

  /// What a body makes of the logits (n, k) of each example.
  private func perExample<Result>(
    _ states: States, rows: some Collection<Int>, examples: some Collection<TokenizedExample>,
    workspace: Workspace, _ body: (Matrix, TokenizedExample) -> Result
  ) -> [Result] {
    let features = features(states, rows: rows, examples: examples, workspace: workspace)
    let logits = features.rows == 0 ? features : logits(features, examples, workspace: workspace)
    var next = 0
    return examples.map { example in
      let count = items(example)
      defer { next += count }
      return body(logits.rows(next..<next + count), example)
    }
  }
}
