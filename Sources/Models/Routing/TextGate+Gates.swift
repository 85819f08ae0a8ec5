public import Adapters
internal import Checkpoints
internal import Foundation
public import LinearAlgebra

extension TextGate {
  /// The gates of some texts, (n, T), each row with the sum 1.
  ///
  /// - Parameters:
  ///   - embeddings: Their pooled vectors, (n, C).
  ///   - experts: T.
  public func gates(_ embeddings: Matrix, experts: Int) -> Matrix {
    let unit = embeddings.copied()
    unit.normaliseRows()
    let gates = Matrix(rows: unit.rows, columns: experts)
    switch rule {
    case .linear(let weight, let bias, let most):
      precondition(weight.rows == experts, "a router among \(weight.rows) experts for \(experts)")
      let logits = Matrix(rows: unit.rows, columns: experts)
      gemm(unit, weight, into: logits, transposeB: true, alpha: Float(unit.columns).squareRoot())
      for row in 0..<unit.rows {
        let own = (0..<experts).map { Double(logits[row, $0] + bias[0, $0]) }
        for (expert, gate) in TokenGate.gates(own, temperature: 1, experts: most).enumerated() {
          gates[row, expert] = Float(gate)
        }
      }
    case .neighbours(let index, let owners, let neighbours, let most, let together):
      let cosines = Matrix(rows: unit.rows, columns: index.rows)
      gemm(unit, index, into: cosines, transposeB: true)
      let votes = (0..<unit.rows).map { row in
        Votes(
          of: cosines.rows(row..<row + 1).values, owners: owners, neighbours: neighbours, experts: experts)
      }
      let all = together ? Votes.sum(votes, experts: experts) : nil
      for (row, own) in votes.enumerated() {
        for (expert, gate) in (all ?? own).gates(most).enumerated() { gates[row, expert] = Float(gate) }
      }
    }
    return gates
  }

  /// Whether every text has one expert and no mixture of several.
  public var isHard: Bool {
    switch rule {
    case .neighbours(_, _, _, let experts, _), .linear(_, _, let experts): experts == 1
    }
  }
}

/// How often each expert owns one of the nearest texts, and the sum of the similarities, which decides between equals.
private struct Votes {
  private var counts: [Int]
  private var similarities: [Double]

  init(of cosines: [Float], owners: [Int], neighbours: Int, experts: Int) {
    counts = Array(repeating: 0, count: experts)
    similarities = Array(repeating: 0, count: experts)
    let order = cosines.indices.sorted { (-cosines[$0], $0) < (-cosines[$1], $1) }
    for place in order.prefix(neighbours) {
      counts[owners[place]] += 1
      similarities[owners[place]] += Double(cosines[place])
    }
  }

  /// The votes of all texts together.
  static func sum(_ all: [Votes], experts: Int) -> Votes? {
    guard var sum = all.first else { return nil }
    for other in all.dropFirst() {
      for expert in 0..<experts {
        sum.counts[expert] += other.counts[expert]
        sum.similarities[expert] += other.similarities[expert]
      }
    }
    return sum
  }

  /// Equal gates for the experts with the most votes, at most that many and none without a vote.
  func gates(_ most: Int) -> [Double] {
    let order = counts.indices.sorted {
      (-counts[$0], -similarities[$0], $0) < (-counts[$1], -similarities[$1], $1)
    }
    let chosen = order.prefix(most).filter { counts[$0] > 0 }
    return counts.indices.map { chosen.contains($0) ? 1 / Double(chosen.count) : 0 }
  }
}
