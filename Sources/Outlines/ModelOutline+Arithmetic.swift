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

  /// What passes do with LoRA factors.
  public enum FactorUse: Sendable {
    /// Beside the weights, forward alone: u = x·Aᵀ and u·Bᵀ.
    case read
    /// Beside the weights, frozen, in both directions: v = dy·B and v·A as well.
    case passed
    /// Trained while they are folded into the weights: u = x·Aᵀ, dyᵀ·u, v = dy·B and vᵀ·x.
    case trainedFolded
    /// Trained beside the weights: all of that, with u and v made once for the pass and once for the gradients.
    case trainedBeside
    /// Trained behind dropout: as beside the weights, with one v for v·A and the gradient of A.
    case trainedWithDropout
    /// Trained by their definition, forward and backward, with u and v made once.
    case defined

    /// Products of T·r·in and of T·r·out multiply-adds at a layer.
    ///
    /// - Parameter isPassed: Whether somebody needs the gradient by the layer's input.
    fileprivate func products(isPassed: Bool) -> (in: Int, out: Int) {
      let back = isPassed ? 1 : 0
      return switch self {
      case .read: (1, 1)
      case .passed: (1 + back, 1 + back)
      case .trainedFolded: (2, 2)
      case .trainedBeside: (3 + back, 3 + back)
      case .trainedWithDropout: (3 + back, 3)
      case .defined: (3, 3)
      }
    }
  }

  /// LoRA factors of one rank at some layers: the one count of what factors beside weights and the doors of trainings do.
  ///
  /// A backward pass goes down to the lowest block among the layers.
  /// - Parameter tokens: T.
  public func factorFLOPs(_ use: FactorUse, tokens: Double, _ layers: [LinearLayer], rank: Int) -> Double {
    let lowest = layers.lowestBlock
    return layers.reduce(0) { sum, layer in
      let products = use.products(isPassed: passesGradient(layer, lowest: lowest))
      return sum + 2 * tokens * Double(rank * (products.in * layer.in + products.out * layer.out))
    }
  }

  /// Whether a backward pass down to a block takes the gradient by a layer's input: not where that is the block's own.
  public func passesGradient(_ layer: LinearLayer, lowest: Int) -> Bool {
    layer.block > lowest || layer.input != layers.first { $0.block == lowest }?.input
  }
}
