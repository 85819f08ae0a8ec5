package import Basics
package import LinearAlgebra
internal import Models
package import Specs
package import Tasks

/// What a task's head reads of a model and what its numbers mean: features, loss and prediction.
///
/// A head gives a row of numbers, the logits, for every item: a text, or one of its words.
package protocol Readout: Sendable {
  /// Which vectors the head reads.
  var features: Features { get }
  /// Numbers that a linear head makes of each of them.
  var outputs: Int { get }
  /// Items of an example, each of which has a row of logits.
  func items(_ example: TokenizedExample) -> Int
  /// What an example weighs among those of a step whose loss is a mean over such: its tokens, say; nil where every example
  /// counts alike.
  func weight(_ example: TokenizedExample) -> Int?
  /// What logits are instead of those of a distribution over answers, which softmax makes of them: `one number`; nil where
  /// they are.
  var insteadOfDistribution: String? { get }
  /// The loss of an item.
  ///
  /// - Parameter logits: (1, k); on return weight · dloss/dlogits.
  func loss(_ logits: Matrix, of item: Item, weight: Float) -> Double
  /// What is predicted.
  ///
  /// - Parameter logits: (n, k), a row for each item of the example.
  func prediction(_ logits: Matrix, for example: TokenizedExample) -> Target
  /// The probability of each answer, for words of each answer of each word, end to end, 0 for all of a word that the model did
  /// not see; empty where logits are no distribution.
  func probabilities(_ logits: Matrix, for example: TokenizedExample) -> [Float]
  /// How many of a model's own answers y to an item are gone through, each in a backward pass of its own, where its Fisher
  /// information is measured; for one, an answer is drawn or their mean is known.
  var ownAnswers: Int { get }
  /// Turns logits into the gradient by them of −√q(y)·log p(y), with one of the model's own answers y and its share q.
  ///
  /// - Parameters:
  ///   - answer: Which one, below `ownAnswers`.
  ///   - draw: What an answer is drawn from.
  func score(_ logits: Matrix, ofOwn answer: Int, draw: inout RandomStream)
  /// Turns logits into the gradient by them of −log p(y), with the answer y of the data.
  func score(_ logits: Matrix, of item: Item)
}

/// An item of an example: the text as a whole, or one of its words.
package struct Item {
  /// The example.
  package let example: TokenizedExample
  /// Which of its items, from 0.
  package let index: Int

  /// Names an item.
  package init(example: TokenizedExample, index: Int) {
    self.example = example
    self.index = index
  }
}

extension Readout {
  /// One for each vector.
  package func items(_ example: TokenizedExample) -> Int { features.count(example) }

  /// Every example counts alike.
  package func weight(_ example: TokenizedExample) -> Int? { nil }

  package var insteadOfDistribution: String? { nil }
  package var ownAnswers: Int { outputs }

  /// Those of the text as a whole.
  package func probabilities(_ logits: Matrix, for example: TokenizedExample) -> [Float] {
    insteadOfDistribution == nil ? Loss.softmax(logits).map { Float($0) } : []
  }

  /// Every answer in turn, with its probability.
  package func score(_ logits: Matrix, ofOwn answer: Int, draw: inout RandomStream) {
    let probability = Loss.softmax(logits)[answer]
    _ = Loss.crossEntropy(logits, label: answer, weight: Float(probability.squareRoot()))
  }

  /// Where the loss is −log p itself.
  package func score(_ logits: Matrix, of item: Item) { _ = loss(logits, of: item, weight: 1) }
}

/// A row in the table of readouts.
package struct ReadoutRow: CatalogEntry {
  /// What rows of kinds call it.
  package let name: String
  package let summary: String
  /// The readout of a task.
  package let make: @Sendable (TaskSpec) -> any Readout

  /// Makes a row.
  package init(name: String, summary: String, make: @escaping @Sendable (TaskSpec) -> any Readout) {
    self.name = name
    self.summary = summary
    self.make = make
  }
}
