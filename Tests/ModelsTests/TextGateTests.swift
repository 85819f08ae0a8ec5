import Adapters
import Checkpoints
import Foundation
import LinearAlgebra
import Models
import TestSupport
import Testing

@Suite struct TextGateTests {
  private struct Golden: Decodable {
    struct Case: Decodable {
      let neighbours: Int
      let experts: Int
      let together: Bool
      let gates: [Float]
    }
    struct Voting: Decodable {
      let index: [Float]
      let owners: [Int]
      let texts: [Float]
      let cases: [Case]
    }
    let voting: Voting
  }

  @Test func `votes of the nearest texts equal NumPy's`() throws {
    let voting = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Reference.golden("routing/routing.json"))
    ).voting
    let texts = Matrix(rows: 7, columns: 6, values: voting.texts)
    #expect(voting.cases.count == 5)
    for item in voting.cases {
      let gate = TextGate(
        readsUnified: false,
        rule: .neighbours(
          index: Matrix(rows: 12, columns: 6, values: voting.index), owners: voting.owners,
          neighbours: item.neighbours, experts: item.experts, together: item.together))
      let gates = gate.gates(texts, experts: 3)
      #expect(relativeError(gates.values, item.gates) < 1e-6)
      #expect(gate.isHard == (item.experts == 1))
      for row in 0..<7 { #expect(abs(gates.rows(row..<row + 1).values.reduce(0, +) - 1) < 1e-6) }
    }
  }

  @Test func `of as many votes the larger similarity wins`() {
    let gate = TextGate(
      readsUnified: false,
      rule: .neighbours(
        index: Matrix(rows: 2, columns: 2, values: [1, 0, 0.6, 0.8]), owners: [0, 1], neighbours: 2,
        experts: 1,
        together: false))
    let gates = gate.gates(Matrix(rows: 2, columns: 2, values: [3, 0.1, 0.1, 3]), experts: 2)
    #expect(gates.values == [1, 0, 0, 1])
  }

  @Test func `gates of a linear router are a softmax over the largest and heed no length`() {
    let weight = Matrix(rows: 3, columns: 2, values: [1, 0, 0, 1, -1, -1])
    let bias = Matrix(rows: 1, columns: 3, values: [0, 0.5, 0])
    func gates(_ experts: Int, _ scale: Float) -> [Float] {
      TextGate(readsUnified: true, rule: .linear(weight: weight, bias: bias, experts: experts))
        .gates(Matrix(rows: 1, columns: 2, values: [0.6 * scale, 0.8 * scale]), experts: 3).values
    }
    let root = 2.0.squareRoot()
    let powers = [exp(0.6 * root), exp(0.8 * root + 0.5), exp(-1.4 * root)]
    let all = powers.map { Float($0 / powers.reduce(0, +)) }
    #expect(relativeError(gates(3, 1), all) < 1e-6)
    #expect(relativeError(gates(3, 7), all) < 1e-6)
    #expect(
      relativeError(gates(2, 1), [powers[0], powers[1], 0].map { Float($0 / (powers[0] + powers[1])) }) < 1e-6
    )
    #expect(gates(1, 1) == [0, 1, 0])
  }

  @Test func `gates of tokens sum to one, and the largest logits have them`() {
    let logits = [0.5, 2, -1, 2]
    for experts in 1...5 {
      let gates = TokenGate.gates(logits, temperature: 0.5, experts: experts)
      #expect(abs(gates.reduce(0, +) - 1) < 1e-12)
      #expect(gates.filter { $0 > 0 }.count == min(4, experts))
    }
    #expect(TokenGate.gates(logits, temperature: 0.5, experts: 1) == [0, 1, 0, 0])
    #expect(TokenGate.gates([1e4, -1e4], temperature: 0.001, experts: 2) == [1, 0])
    #expect(TokenGate.gates([], temperature: 1, experts: 1) == [])
  }
}
