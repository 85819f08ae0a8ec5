import LinearAlgebra
import Models
import Testing

@Suite struct DistributionLossTests {
  private let logits: [Float] = [0.5, -1.25, 2, 0.25]
  private let p = [0.1, 0.6, 0, 0.3]

  /// The value and the gradient, which must be that of finite differences.
  private func check(_ loss: (Matrix, Float) -> Double) -> Double {
    let row = Matrix(rows: 1, columns: 4, values: logits)
    let value = loss(row, 2)
    for i in logits.indices {
      func moved(_ by: Float) -> Double {
        var changed = logits
        changed[i] += by
        return loss(Matrix(rows: 1, columns: 4, values: changed), 1)
      }
      let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2
      #expect(abs(2 * slope - Double(row[0, i])) < 1e-4)
    }
    return value
  }

  @Test func `the gradient of the entropy is that of finite differences`() {
    let value = check { Loss.entropy($0, weight: $1) }
    #expect(abs(value - 0.894358) < 1e-6)
    let sure = Matrix(rows: 1, columns: 2, values: [1000, -1000])
    #expect(Loss.entropy(sure, weight: 1) == 0 && sure.values == [0, 0])
    #expect(abs(Loss.entropy(Matrix(rows: 1, columns: 4), weight: 1) - 1.386294) < 1e-6)
  }

  @Test func `the gradient of the Jensen-Shannon divergence is that of finite differences`() {
    let value = check { Loss.jensenShannon($0, to: p, weight: $1) }
    #expect(value > 0 && value < 0.6932)
    let row = Matrix(rows: 1, columns: 4, values: logits)
    let itself = Loss.probabilities(row)
    #expect(abs(Loss.jensenShannon(row, to: itself, weight: 1)) < 1e-12)
    #expect(row.values.allSatisfy { abs($0) < 1e-7 })
    let far = Matrix(rows: 1, columns: 2, values: [1000, -1000])
    #expect(abs(Loss.jensenShannon(far, to: [0, 1], weight: 1) - 0.693147) < 1e-6)
    #expect(far.values.allSatisfy { $0.isFinite })
  }
}
