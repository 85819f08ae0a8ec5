public import LinearAlgebra

/// Fits linear probes: the mean loss plus λ/2·‖W‖², the bias free.
///
/// Logistic regression as in scikit-learn with C = 1 ÷ (n·λ), of two classes 2 ÷ (n·λ), as it has one vector for both; ridge
/// regression with alpha = n·λ.
public struct ProbeFit: Sendable {
  /// The largest derivative that counts as none.
  public var tolerance: Double

  /// Fits until no derivative is above the tolerance.
  public init(tolerance: Double = 1e-6) {
    self.tolerance = tolerance
  }

  /// The probe of some vectors.
  ///
  /// - Parameters:
  ///   - vectors: (n, features), n ≥ 1.
  ///   - lambda: Above 0.
  ///   - start: Where the search begins; zeros by default. Ridge regression has no search.
  ///
  /// Cost: 4·n·features·outputs FLOPs a step of the search; of ridge regression min(n, features)²·max(n, features).
  public func probe(
    _ vectors: DoubleMatrix, _ targets: ProbeTargets, lambda: Double, from start: LinearProbe? = nil
  ) -> LinearProbe {
    if case .numbers(let numbers) = targets { return Self.ridge(vectors, numbers, lambda: lambda) }
    let (width, outputs) = (vectors.columns, targets.outputs)
    let split = outputs * width
    func probe(_ point: [Double]) -> LinearProbe {
      LinearProbe(
        weight: DoubleMatrix(rows: outputs, columns: width, values: Array(point[..<split])),
        bias: Array(point[split...]))
    }
    let first = start.map { $0.weight.values + $0.bias } ?? Array(repeating: 0, count: split + outputs)
    let found = LBFGS(tolerance: tolerance).minimum(from: first) { point, gradient in
      let probe = probe(point)
      var z = probe.outputs(vectors)
      let loss = ProbeLoss.mean(&z, targets)
      let slopes = DoubleMatrix.product(z, vectors, transposeA: true).values
      var squares = 0.0
      for i in 0..<split {
        gradient[i] = slopes[i] + lambda * point[i]
        squares += point[i] * point[i]
      }
      for row in 0..<z.rows {
        for output in 0..<outputs { gradient[split + output] += z.values[row * outputs + output] }
      }
      return loss + lambda / 2 * squares
    }
    return probe(found.point)
  }

  /// Ridge regression in closed form, over centred vectors and numbers; by the smaller of the two Gram matrices.
  private static func ridge(_ vectors: DoubleMatrix, _ numbers: [Double], lambda: Double) -> LinearProbe {
    let (n, width) = (vectors.rows, vectors.columns)
    let means = vectors.columnMeans
    let mean = numbers.reduce(0, +) / Double(n)
    let x = vectors.subtracting(means)
    let y = DoubleMatrix(rows: 1, columns: n, values: numbers.map { $0 - mean })
    let alpha = Double(n) * lambda
    func shifted(_ gram: DoubleMatrix) -> DoubleMatrix {
      var gram = gram
      for i in 0..<gram.rows { gram[i, i] += alpha }
      return gram
    }
    // w = yᵀX·(XᵀX + αI)⁻¹ = yᵀ·(XXᵀ + αI)⁻¹·X.
    let weight: DoubleMatrix?
    if n < width {
      weight = y.divided(bySymmetric: shifted(x.gramOfRows)).map { $0 * x }
    } else {
      weight = (y * x).divided(bySymmetric: shifted(x.gramOfColumns))
    }
    let w = weight ?? DoubleMatrix(rows: 1, columns: width)
    let offset = zip(w.values, means).reduce(0) { $0 + $1.0 * $1.1 }
    return LinearProbe(weight: w, bias: [mean - offset])
  }
}

extension DoubleMatrix {
  /// The mean of each column.
  var columnMeans: [Double] {
    var sums = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns { sums[column] += values[row * columns + column] }
    }
    return sums.map { $0 / Double(max(1, rows)) }
  }

  /// The matrix with a row taken from each of its rows.
  func subtracting(_ row: [Double]) -> DoubleMatrix {
    var result = self
    for i in result.values.indices { result.values[i] -= row[i % columns] }
    return result
  }

  /// Copies of some rows.
  func picked(_ picked: [Int]) -> DoubleMatrix {
    DoubleMatrix(
      rows: picked.count, columns: columns,
      values: picked.flatMap { values[$0 * columns..<($0 + 1) * columns] })
  }
}
