internal import Basics
internal import LinearAlgebra
internal import Outlines

/// A frozen network with factors whose numbers change from step to step.
///
/// Where products read floats, the factors are folded into weights of its own, W + s·B·A, by every `update`: cheaper than two
/// thin products beside each layer. Where they read bf16 the factors run beside the frozen weights, which no process copies.
public struct AdaptedNetwork: Sendable {
  /// The network with the factors.
  public let network: any Network
  private let base: any Network
  private let factors: [LoRAFactors]

  /// Joins a network and factors at some of its linear layers; they are in it from the first `update` on.
  public init(_ base: any Network, factors: [LoRAFactors]) {
    self.base = base
    self.factors = factors
    network =
      base.precision == .float32 ? base.owning(factors.map(\.site)) : base.placing(factors)
  }

  /// Takes over the factors' present numbers, every lane its share of the layers.
  public func update(lanes: Int = 1) {
    guard base.precision == .float32 else { return }
    // Frozen values are taken anew, so nothing of an earlier fold remains.
    concurrently(factors.count, lanes: lanes) { fold(factors[$0], of: base, into: network) }
  }
}
