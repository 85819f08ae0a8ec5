public import LinearAlgebra

/// A linear model of vectors: z = W·x + b.
public struct LinearProbe: Sendable, Hashable {
  /// (outputs, features).
  public var weight: DoubleMatrix
  /// One number for each output.
  public var bias: [Double]

  /// Joins the parts.
  public init(weight: DoubleMatrix, bias: [Double]) {
    precondition(weight.rows == bias.count, "\(weight.rows) outputs with \(bias.count) biases")
    self.weight = weight
    self.bias = bias
  }

  /// The outputs for vectors of (n, features): (n, outputs).
  ///
  /// Cost: 2·n·features·outputs FLOPs.
  public func outputs(_ vectors: DoubleMatrix) -> DoubleMatrix {
    var z = DoubleMatrix.product(vectors, weight, transposeB: true)
    var numbers = z.values.mutableSpan
    for row in 0..<vectors.rows {
      for output in 0..<bias.count { numbers[row * bias.count + output] += bias[output] }
    }
    return z
  }
}

/// What a probe learns from one set of vectors.
public enum ProbeTargets: Sendable {
  /// One class of so many for each vector: softmax and cross-entropy.
  case classes([Int], count: Int)
  /// For each vector and label whether it holds, end to end: a sigmoid each.
  case sets([Bool], count: Int)
  /// A number for each vector: squares.
  case numbers([Double])

  /// How many outputs it takes.
  public var outputs: Int {
    switch self {
    case .classes(_, let count), .sets(_, let count): count
    case .numbers: 1
    }
  }

  /// The targets of some of the vectors.
  func picked(_ rows: [Int]) -> ProbeTargets {
    switch self {
    case .classes(let classes, let count): .classes(rows.map { classes[$0] }, count: count)
    case .sets(let sets, let count):
      .sets(rows.flatMap { sets[$0 * count..<($0 + 1) * count] }, count: count)
    case .numbers(let numbers): .numbers(rows.map { numbers[$0] })
    }
  }
}
