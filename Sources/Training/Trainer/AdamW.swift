internal import Foundation
public import LinearAlgebra
public import Specs

/// AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101) over some flat blocks of parameters.
///
/// p ← p − lr·λ·p − lr · m̂ / (√v̂ + ε), m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ), as PyTorch computes it. Decay acts on every
/// parameter. Cost: one pass over four vectors.
public final class AdamW {
  private struct Block {
    let parameters: Matrix
    let gradients: Matrix
    let first: Matrix
    let second: Matrix
  }

  private let blocks: [Block]
  private let spec: TrainingSpec
  private var step = 0

  /// Starts with zero moments.
  ///
  /// - Parameter pairs: Parameters and gradients of one layout each.
  public convenience init(_ pairs: [(parameters: Storage, gradients: Storage)], spec: TrainingSpec) {
    self.init(pairs.map { (parameters: $0.parameters.flat, gradients: $0.gradients.flat) }, spec: spec)
  }

  /// The same over parts of blocks, each a vector.
  package init(_ pairs: [(parameters: Matrix, gradients: Matrix)], spec: TrainingSpec) {
    self.spec = spec
    blocks = pairs.map { pair in
      let n = pair.parameters.columns
      precondition(pair.gradients.columns == n, "\(pair.gradients.columns) gradients for \(n) parameters")
      return Block(
        parameters: pair.parameters, gradients: pair.gradients, first: Matrix(rows: 1, columns: n),
        second: Matrix(rows: 1, columns: n))
    }
  }

  /// The steps taken and the moments of all blocks, end to end.
  public struct State: Codable, Sendable, Hashable {
    var step: Int
    var first: [[Float]]
    var second: [[Float]]
  }

  /// Where the optimiser stands; one of the same layout goes on from there.
  public var state: State {
    get { State(step: step, first: blocks.map(\.first.values), second: blocks.map(\.second.values)) }
    set {
      precondition(newValue.first.map(\.count) == blocks.map(\.first.count), "the state of another optimiser")
      step = newValue.step
      for (index, block) in blocks.enumerated() {
        block.first.copy(from: newValue.first[index])
        block.second.copy(from: newValue.second[index])
      }
    }
  }

  /// Sets all gradients to zero.
  public func zeroGradients() {
    for block in blocks { block.gradients.fill(0) }
  }

  /// The gradients' global norm; gradients are scaled so that it is at most `limit`, where that is not 0.
  ///
  /// As PyTorch's `clip_grad_norm_`: the factor is limit / (norm + 1e-6). Sums are Double and in order.
  public func clip(to limit: Double) -> Double {
    var squares = 0.0
    for block in blocks {
      block.gradients.withSpan { g in
        for i in 0..<g.count { squares += Double(g[i]) * Double(g[i]) }
      }
    }
    let norm = squares.squareRoot()
    let factor = Float(limit / (norm + 1e-6))
    if limit > 0, factor < 1 {
      for block in blocks {
        block.gradients.withMutableSpan { g in
          for i in 0..<g.count { g[i] *= factor }
        }
      }
    }
    return norm
  }

  /// Takes one step at a learning rate.
  public func update(learningRate: Double) {
    step += 1
    let firstCorrection = 1 - pow(spec.beta1, Double(step))
    let secondCorrection = (1 - pow(spec.beta2, Double(step))).squareRoot()
    let decay = Float(1 - learningRate * spec.weightDecay)
    let size = Float(learningRate / firstCorrection)
    let beta1 = Float(spec.beta1)
    let beta2 = Float(spec.beta2)
    let epsilon = Float(spec.epsilon)
    let root = Float(1 / secondCorrection)
    for block in blocks {
      block.gradients.withSpan { g in
        block.first.withMutableSpan { m in
          block.second.withMutableSpan { v in
            block.parameters.withMutableSpan { p in
              precondition(g.count == p.count && m.count == p.count && v.count == p.count)
              for i in 0..<p.count {
                let mean = beta1 * m[i] + (1 - beta1) * g[i]
                let square = beta2 * v[i] + (1 - beta2) * g[i] * g[i]
                m[i] = mean
                v[i] = square
                p[i] = p[i] * decay - size * mean / (square.squareRoot() * root + epsilon)
              }
            }
          }
        }
      }
    }
  }
}
