internal import Foundation
package import LinearAlgebra

/// A linear classifier of texts by their embeddings: softmax(W·x + b), x the embedding as a vector of length √C.
///
/// Minimises the mean cross-entropy plus decay ÷ 2·‖W‖² by Adam over all texts at once, from zero, so that nothing is
/// drawn. Cost: 4·n·C·T FLOPs an iteration.
package enum LinearRouter {
  /// W (T, C) and b (1, T).
  ///
  /// - Parameters:
  ///   - embeddings: (n, C).
  ///   - labels: The expert of each.
  package static func fit(
    _ embeddings: DoubleMatrix, labels: [Int], experts: Int, iterations: Int, rate: Double, decay: Double
  ) -> (weight: DoubleMatrix, bias: DoubleMatrix) {
    let (n, C) = (embeddings.rows, embeddings.columns)
    let x = lengthened(embeddings)
    var parameters = [Double](repeating: 0, count: experts * (C + 1))
    var adam = AdamLoop(count: parameters.count, rate: rate)
    for _ in 0..<iterations {
      let weight = DoubleMatrix(rows: experts, columns: C, values: Array(parameters.prefix(experts * C)))
      var errors = DoubleMatrix.product(x, weight, transposeB: true)
      for row in 0..<n {
        let logits = (0..<experts).map { errors[row, $0] + parameters[experts * C + $0] }
        let largest = logits.max() ?? 0
        let powers = logits.map { exp($0 - largest) }
        let sum = powers.reduce(0, +)
        for expert in 0..<experts {
          errors[row, expert] = (powers[expert] / sum - (labels[row] == expert ? 1 : 0)) / Double(n)
        }
      }
      let gradient = DoubleMatrix.product(errors, x, transposeA: true)
      let ofWeights = zip(gradient.values, weight.values).map { $0 + decay * $1 }
      let ofBias = (0..<experts).map { expert in (0..<n).reduce(0) { $0 + errors[$1, expert] } }
      adam.step(&parameters, ofWeights + ofBias)
    }
    return (
      DoubleMatrix(rows: experts, columns: C, values: Array(parameters.prefix(experts * C))),
      DoubleMatrix(rows: 1, columns: experts, values: Array(parameters.suffix(experts)))
    )
  }

  private static func lengthened(_ embeddings: DoubleMatrix) -> DoubleMatrix {
    let length = Double(embeddings.columns).squareRoot()
    return embeddings.scalingRows(
      by: (0..<embeddings.rows).map { row in
        let norm = embeddings.rows(row..<row + 1).norm
        return norm > 0 ? length / norm : 0
      })
  }
}
