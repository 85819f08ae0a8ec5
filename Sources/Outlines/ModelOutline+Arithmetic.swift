/// The FLOPs that passes need, and not one that an implementation spends beyond them; a multiply-add is two.
///
/// Embeddings, norms, activations, softmax, biases, heads and the optimiser count as nothing here: a bench lets time spent
/// there lower its share of the peak, and a plan counts them as element-wise passes.
extension ModelOutline {
  /// Tokens of some rows, and their squares.
  public struct Texts: Sendable, Hashable {
    /// Σ n over rows of n tokens.
    public var tokens: Double
    /// Σ n².
    public var pairs: Double

    /// Names sums.
    public init(tokens: Double, pairs: Double) {
      self.tokens = tokens
      self.pairs = pairs
    }

    /// The sums of some lengths.
    public init(lengths: [Int]) {
      tokens = lengths.reduce(0) { $0 + Double($1) }
      pairs = lengths.reduce(0) { $0 + Double($1) * Double($1) }
    }
  }

  /// Weights of one block that a token passes through.
  public var blockWeights: Int { layers.prefix { $0.block == 0 }.weights }

  /// A forward pass through some blocks, all where not said: 2 a weight and token, and 4 a channel of attention and pair of
  /// tokens, for scores and their product with the values.
  public func forwardFLOPs(_ texts: Texts, blocks: Int? = nil) -> Double {
    let weights = 2 * Double(blockWeights) * texts.tokens
    return Double(blocks ?? self.blocks) * (weights + 4 * Double(attention) * texts.pairs)
  }

  /// A backward pass through frozen weights down to a block, by whose own input nobody needs a gradient: 2 a weight and
  /// token, and 8 a channel of attention and pair of tokens.
  public func backwardFLOPs(_ texts: Texts, lowest: Int) -> Double {
    let above = Double(blocks - lowest)
    let entrance = layers.first?.input
    let first = layers.prefix { $0.input == entrance }.weights
    let weights = 2 * (Double(blockWeights) * above - Double(first))
    return weights * texts.tokens + 8 * Double(attention) * above * texts.pairs
  }

  /// Element-wise passes over the numbers of some blocks, in one direction.
  public func elements(_ texts: Texts, blocks: Int? = nil) -> Double {
    Double(blocks ?? self.blocks) * (Double(passes.token) * texts.tokens + Double(passes.pair) * texts.pairs)
  }

  /// LoRA factors that are folded into the weights, forward and backward: dB and dA, 4·r·(in + out) a token.
  public static func foldedFactorFLOPs(tokens: Double, _ layers: [LinearLayer], rank: Int) -> Double {
    4 * tokens * Double(layers.factors(rank: rank))
  }

  /// LoRA factors beside the weights, as their definition has it, forward and backward: 6·r·(in + out) a token.
  public static func factorFLOPs(tokens: Double, _ layers: [LinearLayer], rank: Int) -> Double {
    6 * tokens * Double(layers.factors(rank: rank))
  }
}
