internal import Foundation
public import LinearAlgebra
internal import RealModule

/// How likely a decoder takes answers to be: the sum of the logarithms of their tokens' probabilities.
///
/// Nothing is trained; the matrix that makes logits is the network's own. Logits are made for some places at a time, so that
/// memory does not grow with the length of answers. Cost: 2·V·C FLOPs a place forward, and 4·V·C with a gradient (6·V·C where there are more places than are taken at a time).
public struct AnswerHead: Sendable {
  /// What makes logits, (V, C).
  private let weight: FrozenWeight

  /// Logits that are made at a time: 64 MB.
  private static let most = 16 << 20

  /// A token of an answer: the place whose state foretells it, and which token it is.
  public struct Token: Sendable, Hashable {
    /// The row among the states that are given.
    public var place: Int
    /// The token.
    public var id: Int32

    /// Names a token.
    public init(place: Int, id: Int32) {
      self.place = place
      self.id = id
    }
  }

  /// The head of a network that predicts tokens.
  public init(_ weight: FrozenWeight) { self.weight = weight }

  /// The logarithm of each answer's probability.
  ///
  /// - Parameters:
  ///   - states: What foretells tokens, (n, C).
  ///   - answers: Tokens of each.
  public func likelihoods(_ states: Matrix, _ answers: [[Token]], workspace: Workspace) -> [Double] {
    var sums = answers.map { _ in 0.0 }
    forEachPart(states, answers, workspace) { logits, range, tokens in
      let norms = (0..<logits.rows).map { normaliser(logits, $0) }
      for (answer, token) in tokens {
        let row = token.place - range.lowerBound
        sums[answer] += Double(logits[row, Int(token.id)]) - norms[row]
      }
    }
    return sums
  }

  /// The gradient by the states, (n, C), in the workspace, from that by each answer's log-likelihood.
  ///
  /// ∂ log p(token) = one-hot − softmax(logits) at its place.
  public func gradient(
    _ states: Matrix, _ answers: [[Token]], _ dlikelihoods: [Float], workspace: Workspace
  ) -> Matrix {
    let dstates = workspace.matrix(rows: states.rows, columns: states.columns)
    forEachPart(states, answers, workspace) { logits, range, tokens in
      Attention.softmax(logits)
      var sums = [Float](repeating: 0, count: logits.rows)
      for (answer, token) in tokens { sums[token.place - range.lowerBound] += dlikelihoods[answer] }
      for (row, sum) in sums.enumerated() { scale(logits.rows(row..<row + 1), by: -sum) }
      for (answer, token) in tokens {
        logits[token.place - range.lowerBound, Int(token.id)] += dlikelihoods[answer]
      }
      weight.backward(.floats(logits), into: dstates.rows(range), workspace: workspace)
    }
    return dstates
  }

  /// Calls a body with the logits of some places after others, which places they are, and the tokens that they foretell.
  private func forEachPart(
    _ states: Matrix, _ answers: [[Token]], _ workspace: Workspace,
    _ body: (Matrix, Range<Int>, [(answer: Int, token: Token)]) -> Void
  ) {
    let tokens = answers.enumerated().flatMap { number, answer in answer.map { (answer: number, token: $0) } }
      .sorted { ($0.token.place, $0.answer) < ($1.token.place, $1.answer) }
    var next = 0
    var start = 0
    while start < states.rows {
      let range = start..<min(states.rows, start + max(1, Self.most / weight.floats.rows))
      start = range.upperBound
      let first = next
      while next < tokens.count, tokens[next].token.place < range.upperBound { next += 1 }
      let mark = workspace.mark
      let logits = workspace.matrix(rows: range.count, columns: weight.floats.rows)
      weight.forward(.floats(states.rows(range)), into: logits, workspace: workspace)
      body(logits, range, Array(tokens[first..<next]))
      workspace.release(to: mark)
    }
  }

  /// log Σ e^logit of a row; sums are of a thousand at a time, so that single precision is enough for each.
  private func normaliser(_ logits: Matrix, _ row: Int) -> Double {
    logits.withRow(row) { row in
      var largest = -Float.infinity
      for i in 0..<row.count { largest = max(largest, row[i]) }
      var total = 0.0
      var start = 0
      while start < row.count {
        let part = row.extracting(start..<min(row.count, start + 1024))
        var sum: Float = 0
        for i in 0..<part.count { sum = Relaxed.sum(sum, FastMath.exp(part[i] - largest)) }
        total += Double(sum)
        start += 1024
      }
      return Double(largest) + log(total)
    }
  }
}
