public import LinearAlgebra
public import Models
internal import Outlines
internal import Specs

/// The hidden states that enter a block, for every token of some examples.
///
/// Below the lowest adapter they are the same in every epoch and for every model of a sweep, so they are computed once.
/// They are a function of the base and the examples alone: batches are those of an evaluation, in order.
/// Memory: 4·C bytes a token, 47 KB for a row of 31 tokens and 384 channels.
public final class FrozenStates: Sendable {
  /// The block that reads the states.
  public let block: Int
  private let states: Matrix
  /// The first token of each example, and the number of tokens at the end.
  private let starts: [Int]

  /// Bytes that the states of some examples take.
  public static func bytes(_ examples: [TokenizedExample], channels: Int) -> Int {
    examples.reduce(0) { $0 + $1.ids.count } * channels * MemoryLayout<Float>.stride
  }

  /// Runs the blocks below `block` over all examples.
  ///
  /// - Parameter start: States of the same examples from which to begin; nil begins at the embeddings.
  public init(
    _ network: any Network, below block: Int, from start: FrozenStates? = nil,
    examples: [TokenizedExample], workspaces: [Workspace]
  ) {
    self.block = block
    var starts = [0]
    for example in examples { starts.append(starts[starts.count - 1] + example.ids.count) }
    let states = Matrix(rows: starts[starts.count - 1], columns: network.outline.width)
    inBatches(examples, tokens: WorkLimits.evaluationTokens, workspaces) { _, range, workspace in
      let hidden = network.hidden(
        PackedBatch(examples[range]), workspace: workspace, from: start?.entering(range), below: block)
      states.rows(starts[range.lowerBound]..<starts[range.upperBound]).copy(from: hidden)
    } joined: { _, _ in
    }
    self.states = states
    self.starts = starts
  }

  /// The states of some examples for a pass that begins there.
  func entering(_ examples: Range<Int>) -> EnteringStates {
    EnteringStates(block: block, hidden: rows(examples))
  }

  /// Examples.
  var count: Int { starts.count - 1 }

  /// Channels C.
  var columns: Int { states.columns }

  /// The states of some examples end to end; a view.
  func rows(_ examples: Range<Int>) -> Matrix {
    states.rows(starts[examples.lowerBound]..<starts[examples.upperBound])
  }
}
