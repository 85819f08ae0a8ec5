public import Basics
public import LinearAlgebra
internal import RealModule

/// What turns features (pooled rows, or tokens) into k numbers each: logits, or one predicted value.
public enum Head: Sendable {
  /// features · Wᵀ + b; weight (k, C), bias (1, k), both trained.
  case linear(weight: Matrix, bias: Matrix)
  /// scale · cosine to the rows of a frozen matrix (k, C) of unit rows.
  case cosine(labels: Matrix, scale: Float)
  /// Log-likelihoods of answers whose tokens the features foretell: not a number for each feature, but for each answer.
  case answers(AnswerHead)

  /// A linear head of zero bias over a block of storage of `outputs · (C + 1)` floats.
  public static func linear(outputs: Int, channels C: Int, over flat: Matrix, stream: RandomStream) -> Head {
    var stream = stream
    let weight = flat.columns(0..<outputs * C).reshaped(rows: outputs, columns: C)
    let bound = 1 / Double(C).squareRoot()
    weight.withMutableSpan { span in
      for i in 0..<span.count { span[i] = Float((2 * stream.uniform() - 1) * bound) }
    }
    return .linear(weight: weight, bias: flat.columns(outputs * C..<outputs * (C + 1)))
  }

  /// Takes over the numbers of a linear head of the same shape; a frozen head stays as it is.
  public func copy(from other: Head) {
    guard case .linear(let weight, let bias) = self, case .linear(let otherWeight, let otherBias) = other
    else { return }
    weight.copy(from: otherWeight)
    bias.copy(from: otherBias)
  }

  /// Logits of features, (n, C): (n, k), or of answers a row for each item that has some.
  ///
  /// - Parameter answers: The tokens of the answers of each item, as many of each; read where the head's are likelihoods.
  public func forward(_ features: Matrix, answers: [[[AnswerHead.Token]]] = [], workspace: Workspace)
    -> Matrix
  {
    switch self {
    case .linear(let weight, let bias):
      let logits = workspace.matrix(rows: features.rows, columns: weight.rows)
      gemm(features, weight, into: logits, transposeB: true)
      addBias(bias, to: logits)
      return logits
    case .cosine(let labels, let scale):
      let logits = workspace.matrix(rows: features.rows, columns: labels.rows)
      gemm(features, labels, into: logits, transposeB: true, alpha: scale)
      for row in 0..<features.rows {
        Models.scale(logits.rows(row..<row + 1), by: 1 / norm(features.rows(row..<row + 1)))
      }
      return logits
    case .answers(let head):
      let logits = workspace.matrix(rows: answers.count, columns: answers.first?.count ?? 0)
      let sums = head.likelihoods(features, answers.flatMap(\.self), workspace: workspace)
      for (index, sum) in sums.enumerated() {
        logits[index / logits.columns, index % logits.columns] = Float(sum)
      }
      return logits
    }
  }

  /// The gradient by the features, (n, C), from the gradient by the logits, of their shape.
  ///
  /// - Parameters:
  ///   - answers: Those of the forward pass.
  ///   - gradient: Where dW and db are accumulated: a linear head of the same shape; nil for all others.
  public func backward(
    _ dlogits: Matrix, features: Matrix, logits: Matrix, answers: [[[AnswerHead.Token]]] = [],
    gradient: Head?, workspace: Workspace
  ) -> Matrix {
    if case .answers(let head) = self {
      return head.gradient(features, answers.flatMap(\.self), dlogits.values, workspace: workspace)
    }
    let dfeatures = workspace.matrix(rows: features.rows, columns: features.columns)
    switch self {
    case .answers: break
    case .linear(let weight, _):
      gemm(dlogits, weight, into: dfeatures)
      if case .linear(let dweight, let dbias) = gradient {
        gemm(dlogits, features, into: dweight, transposeA: true, beta: 1)
        accumulateBiasGradient(dlogits, into: dbias)
      }
    case .cosine(let labels, let scale):
      // in the forward pass this was: logits = scale · E·f / ‖f‖; so df = (scale · Eᵀ·dl − f̂ · (dl·l)) / ‖f‖
      gemm(dlogits, labels, into: dfeatures, alpha: scale)
      for row in 0..<features.rows {
        cosineGradient(
          dfeatures.rows(row..<row + 1), features.rows(row..<row + 1), dlogits.rows(row..<row + 1),
          logits.rows(row..<row + 1))
      }
    }
    return dfeatures
  }

  private func cosineGradient(_ df: Matrix, _ f: Matrix, _ dlogits: Matrix, _ logits: Matrix) {
    let length = norm(f)
    var dot: Float = 0
    for k in 0..<logits.columns { dot += dlogits[0, k] * logits[0, k] }
    let factor = 1 / length
    let along = dot / length
    f.withSpan { f in
      df.withMutableSpan { df in
        precondition(f.count == df.count)
        for c in 0..<df.count { df[c] = factor * (df[c] - f[c] * along) }
      }
    }
  }
}

/// ‖x‖, at least 1e-12 so that nothing divides by zero.
func norm(_ x: Matrix) -> Float {
  x.withSpan { x in
    var sum: Float = 0
    for i in 0..<x.count { sum = Relaxed.multiplyAdd(x[i], x[i], sum) }
    return max(sum.squareRoot(), 1e-12)
  }
}

extension Matrix {
  /// Scales every row to length 1.
  public func normaliseRows() {
    for row in 0..<rows { scale(self.rows(row..<row + 1), by: 1 / norm(self.rows(row..<row + 1))) }
  }
}
