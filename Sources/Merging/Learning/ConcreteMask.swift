public import Basics
internal import Foundation
public import LinearAlgebra

/// The mask of Concrete subspace learning over the entries of a change: relaxed Bernoulli draws while it is learned, and
/// their probabilities σ(x) afterwards, both divided by their mean so that the size of the change stays.
///
/// m = σ((log u − log(1 − u) + x) ÷ τ), u uniform; ΔW̃ = (m ÷ mean m) ⊙ ΔW.
/// Source: Tang et al. 2023, arXiv:2312.06173, section 3; Maddison et al. 2016, arXiv:1611.00712.
public enum ConcreteMask {
  /// Draws m of some logits.
  public static func draw(_ logits: ArraySlice<Float>, temperature: Double, random: RandomStream) -> [Float] {
    var random = random
    let scale = Float(1 / temperature)
    return logits.map { logit in
      let u = min(max(random.uniform(), 1e-7), 1 - 1e-7)
      return sigmoid((Float(log(u / (1 - u))) + logit) * scale)
    }
  }

  /// M ← (m ÷ mean m) ⊙ M.
  public static func apply(_ mask: [Float], to core: Matrix) {
    let factor = 1 / mean(mask)
    core.withMutableSpan { core in
      precondition(core.count == mask.count, "a mask of \(mask.count) for \(core.count) numbers")
      for i in 0..<core.count { core[i] *= mask[i] * factor }
    }
  }

  /// Turns a gradient by the masked M̃ into that by M, and gives the gradients by the logits.
  ///
  /// With r = m ÷ μ and g = G ⊙ M: ∂L/∂m = g ÷ μ − Σ g·m ÷ (N·μ²), ∂m/∂x = m·(1 − m) ÷ τ.
  /// - Parameters:
  ///   - gradient: G on entry; G ⊙ r on return.
  ///   - core: M before the mask.
  public static func backward(
    _ mask: [Float], gradient: Matrix, core: Matrix, temperature: Double
  ) -> [Double] {
    let (mu, n) = (Double(mean(mask)), Double(mask.count))
    let product = zip(gradient.values, core.values).map { Double($0) * Double($1) }
    let along = zip(product, mask).reduce(0) { $0 + $1.0 * Double($1.1) } / (n * mu * mu)
    apply(mask, to: gradient)
    return zip(product, mask).map { g, m in
      let m = Double(m)
      return (g / mu - along) * m * (1 - m) / temperature
    }
  }

  /// The mask that is kept in the end: σ(x).
  public static func kept(_ logits: ArraySlice<Float>) -> [Float] { logits.map(sigmoid) }

  /// What is left of a change in the end: σ(x) ÷ mean σ(x) times it.
  static func applied(_ logits: ArraySlice<Double>, to core: [Double]) -> [Double] {
    let mask = logits.map { 1 / (1 + exp(-$0)) }
    let mean = mask.reduce(0, +) / Double(max(1, mask.count))
    return zip(core, mask).map { $0 * $1 / mean }
  }

  private static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

  private static func mean(_ mask: [Float]) -> Float {
    Float(mask.reduce(0.0) { $0 + Double($1) } / Double(max(1, mask.count)))
  }
}
