public import Basics
public import LinearAlgebra
public import Outlines

/// The factors of one adapted layer: ΔW = scale · B · A.
public struct LoRAFactors: Sendable {
  /// The layer.
  public var site: LinearLayer
  /// (r, in).
  public var a: Matrix
  /// (out, r).
  public var b: Matrix
  /// α/r, or α/√r with rsLoRA.
  public var scale: Float

  /// Names factors.
  public init(site: LinearLayer, a: Matrix, b: Matrix, scale: Float) {
    self.site = site
    self.a = a
    self.b = b
    self.scale = scale
  }
}

/// All factors of an adapter, laid out in one block of storage, so that an optimiser sees one vector.
///
/// Gradients are a value of the same layout over another block.
public struct LoRAParameters: Sendable {
  /// The block: A and B of each layer in the order of the forward pass.
  public let storage: Storage
  /// The factors; views of the block.
  public let factors: [LoRAFactors]

  /// Zeroed factors of one rank.
  public init(sites: [LinearLayer], rank: Int, scale: Float) {
    self.init(sites.map { ($0, a: (rank, $0.in), b: ($0.out, rank), scale) })
  }

  /// Zeros of the same layout: gradients.
  public func zeroed() -> LoRAParameters {
    LoRAParameters(
      factors.map { ($0.site, a: ($0.a.rows, $0.a.columns), b: ($0.b.rows, $0.b.columns), $0.scale) })
  }

  private init(_ sizes: [(site: LinearLayer, a: (Int, Int), b: (Int, Int), scale: Float)]) {
    let storage = Storage(count: sizes.reduce(0) { $0 + $1.a.0 * $1.a.1 + $1.b.0 * $1.b.1 })
    let flat = storage.flat
    var offset = 0
    func take(_ size: (rows: Int, columns: Int)) -> Matrix {
      defer { offset += size.rows * size.columns }
      return flat.columns(offset..<offset + size.rows * size.columns)
        .reshaped(rows: size.rows, columns: size.columns)
    }
    self.storage = storage
    factors = sizes.map { LoRAFactors(site: $0.site, a: take($0.a), b: take($0.b), scale: $0.scale) }
  }

  /// PEFT's start: A uniform in ±1/√in (Kaiming with a = √5), B zero.
  ///
  /// Source: Hu et al. 2021, arXiv:2106.09685, section 4.1.
  public func initialise(_ stream: RandomStream) {
    for factor in factors {
      var stream = stream.stream(factor.site.path)
      let bound = 1 / Double(factor.a.columns).squareRoot()
      factor.b.fill(0)
      factor.a.withMutableSpan { span in
        for i in 0..<span.count { span[i] = Float((2 * stream.uniform() - 1) * bound) }
      }
    }
  }

  /// The lowest block that has a factor.
  public var lowestLayer: Int { factors.map(\.site).lowestBlock }
}

/// W ← W₀ + scale · B · A for every adapted layer.
///
/// Cost: 2·out·in·r FLOPs and one pass over the weight for each layer, whatever the number of tokens: cheaper than
/// running x·Aᵀ·Bᵀ beside x·Wᵀ as soon as a batch has more tokens than the layer has channels.
public func fold(_ factors: [LoRAFactors], of base: some Network, into folded: some Network) {
  for factor in factors { fold(factor, of: base, into: folded) }
}

/// The same for one layer.
public func fold(_ factor: LoRAFactors, of base: some Network, into folded: some Network) {
  let original = base.weight(factor.site)
  let weight = folded.weight(factor.site)
  // Some rows at a time, so that the copy is still in the cache when the product is added.
  inRowBlocks(weight) { rows in
    weight.rows(rows).copy(from: original.rows(rows))
    gemm(factor.b.rows(rows), factor.a, into: weight.rows(rows), alpha: factor.scale, beta: 1)
  }
}
