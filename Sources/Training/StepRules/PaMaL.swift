public import Basics
internal import Foundation
internal import LinearAlgebra
internal import Models
internal import Specs

extension StepRuleRow {
  /// A mixture of adapters drawn anew in each step.
  static let pamal = StepRuleRow(
    name: "pamal", summary: "PaMaL: an adapter for each task, of which each step trains a mixture",
    serves: { $0.ends != nil }, adapters: { $0 },
    make: { job, trained, tasks, stream in
      guard let ends = job.ends else { preconditionFailure("adapters that are not trained together") }
      return EndMixer(ends, ends: trained, count: tasks, stream: stream.stream("ends"))
    })
}

/// Adapters of which every step trains one mixture: θ(α) = θ₀ + s·Σ α_t·B_t·A_t.
///
/// The factors of all lie side by side, A (T·r, in) and B (out, T·r), so that the mixture is an adapter like any other
/// with α_t·B_t for B_t: a step runs through it, and by the chain rule the gradient by B_t is α_t times that by α_t·B_t,
/// while that by A_t has its factor α_t already. Source: Dimitriadis et al. 2022, arXiv:2210.09759, section 3.
final class EndMixer: StepRule {
  /// A of all, and B with the shares of the present mixture.
  let factors: LoRAParameters
  private let ends: LoRAParameters
  private let count: Int
  private let concentration: Double
  private let stream: RandomStream
  private var shares: [Double]

  /// - Parameters:
  ///   - ends: The factors of all adapters side by side.
  ///   - stream: What mixtures are drawn from.
  init(_ spec: EndsSpec, ends: LoRAParameters, count: Int, stream: RandomStream) {
    self.ends = ends
    self.count = count
    concentration = spec.concentration
    self.stream = stream
    factors = ends.zeroed()
    shares = Array(repeating: 1 / Double(count), count: count)
  }

  /// Draws the mixture of a step.
  func begin(step: Int) {
    var stream = stream.stream("step \(step)")
    mix(stream.dirichlet(concentration, count: count))
  }

  /// Takes equal shares.
  func settle() { mix(Array(repeating: 1 / Double(count), count: count)) }

  private func mix(_ shares: [Double]) {
    self.shares = shares
    for (mixed, ends) in zip(factors.factors, ends.factors) {
      mixed.a.copy(from: ends.a)
      mixed.b.copy(from: ends.b)
      scaleColumns(of: mixed.b)
    }
  }

  /// The factor on the loss of each task's rows, over the mean loss of all: α_t·n ÷ n_t.
  ///
  /// - Parameter rows: n_t, the rows of each task in the step.
  func weights(rows: [Int]) -> [Double] {
    let all = Double(rows.reduce(0, +))
    return zip(shares, rows).map { $1 > 0 ? $0 * all / Double($1) : 0 }
  }

  /// Turns gradients by the mixture into those by the adapters.
  func join(_ total: LoRAParameters, _ tasks: [TaskGradient]) {
    for factor in total.factors { scaleColumns(of: factor.b) }
  }

  private func scaleColumns(of b: Matrix) {
    let rank = b.columns / count
    let factors = (0..<b.columns).map { Float(shares[$0 / rank]) }
    b.withMutableSpan { span in
      for row in 0..<b.rows {
        for column in 0..<factors.count { span[row * factors.count + column] *= factors[column] }
      }
    }
  }
}

extension RandomStream {
  /// Shares that sum to 1 from the symmetric Dirichlet distribution: Gamma(p) draws over their sum.
  public mutating func dirichlet(_ concentration: Double, count: Int) -> [Double] {
    let logs = (0..<count).map { _ in logGamma(concentration) }
    // From the largest, so that draws that are next to nothing, as with a small p, leave no 0 ÷ 0.
    let largest = logs.max() ?? 0
    let draws = logs.map { exp($0 - largest) }
    let sum = draws.reduce(0, +)
    return draws.map { $0 / sum }
  }

  /// The logarithm of a draw from Gamma(shape, 1) (Marsaglia and Tsang 2000); below 1 from shape + 1 with U^(1/shape).
  private mutating func logGamma(_ shape: Double) -> Double {
    let d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3
    let boost = shape < 1 ? log(1 - uniform()) / shape : 0
    while true {
      let x = normal()
      let v = 1 + x / (9 * d).squareRoot()
      guard v > 0 else { continue }
      let cube = v * v * v
      if log(1 - uniform()) < 0.5 * x * x + d - d * cube + d * log(cube) { return log(d * cube) + boost }
    }
  }
}
