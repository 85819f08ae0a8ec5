internal import Checkpoints
internal import LinearAlgebra
internal import Models

/// Which vectors a head reads of what a model makes of a text: one for each item.
package struct Features: Sendable {
  /// Whether it is the pooled vector, which corrections change.
  package let isPooled: Bool
  /// Items of an example.
  let count: @Sendable (TokenizedExample) -> Int
  /// The vector of an item, (1, C); a view.
  ///
  /// The states of a batch, the row of the example in it, and the item.
  let vector: @Sendable (States, Int, Item) -> Matrix
  /// Adds the gradient of an item's vector, which comes first and is overwritten, to that of the last hidden states, (T, C),
  /// which comes last.
  let scatter: @Sendable (Matrix, States, Int, Item, Matrix) -> Void

  /// A text's pooled vector.
  static let pooled = Features(
    isPooled: true, count: { _ in 1 },
    vector: { states, row, _ in states.pooled.rows(row..<row + 1) },
    scatter: { gradient, states, row, _, dhidden in
      Pool.backward(gradient, row: row, states.batch, states.pooling, into: dhidden)
    })

  /// The states that foretell the tokens of answers.
  static let answers = Features(
    isPooled: false, count: { $0.answers?.places.count ?? 0 },
    vector: { states, row, item in
      let token = states.batch.starts[row] + (item.example.answers?.places[item.index] ?? 0)
      return states.hidden.rows(token..<token + 1)
    },
    scatter: { gradient, states, row, item, dhidden in
      let token = states.batch.starts[row] + (item.example.answers?.places[item.index] ?? 0)
      add(gradient, to: dhidden.rows(token..<token + 1))
    })

  /// The state of the first token of each word that has one and fits.
  static let words = Features(
    isPooled: false, count: { $0.wordStarts.count },
    vector: { states, row, item in
      let token = states.batch.starts[row] + item.example.wordStarts[item.index]
      return states.hidden.rows(token..<token + 1)
    },
    scatter: { gradient, states, row, item, dhidden in
      let token = states.batch.starts[row] + item.example.wordStarts[item.index]
      add(gradient, to: dhidden.rows(token..<token + 1))
    })
}
