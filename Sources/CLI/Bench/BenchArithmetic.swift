import Models

/// The FLOPs that training and evaluation need, and not one that an implementation spends beyond them.
///
/// A multiply-add is two. Of a row of L tokens, with C channels, F the feed-forward width and 4C² + 2CF weights a block:
/// - forward: 2 a weight and token; attention 4·L·C a token and block (scores, and their product with the values);
/// - backward: 2 a weight and token for the gradient by the input, from the top to the lowest adapted block, whose
///   query, key and value layers need none; attention 8·L·C; none for frozen weights;
/// - adapters: 6·r·(in + out) a token and adapted layer, forward and backward together.
///
/// Embeddings, norms, GELU, softmax, biases, heads and the optimiser count as nothing: time spent there lowers the
/// fraction of the peak, as padding, recomputation and ΔW folded into W do.
struct BenchArithmetic {
  let shape: EncoderShape

  private var C: Double { Double(shape.hidden) }
  private var block: Double { 4 * C * C + 2 * C * Double(shape.intermediate) }

  /// FLOPs of a pass without gradients over rows of some lengths.
  func forward(lengths: [Int]) -> Double {
    let layers = Double(shape.layers)
    return lengths.reduce(0) { sum, length in
      let L = Double(length)
      return sum + L * layers * (2 * block + 4 * L * C)
    }
  }

  /// FLOPs of a forward and a backward pass over rows of some lengths.
  func training(lengths: [Int], sites: [LinearSite], rank: Int) -> Double {
    let lowest = sites.map(\.layer).min() ?? 0
    let above = Double(shape.layers - lowest)
    let weights = 2 * block * above - 2 * 3 * C * C
    let adapters = sites.reduce(0.0) { sum, site in
      let size = shape.weightShape(site.role)
      return sum + 6 * Double(rank) * Double(size.in + size.out)
    }
    return lengths.reduce(forward(lengths: lengths)) { sum, length in
      let L = Double(length)
      return sum + L * (weights + adapters + 8 * L * C * above)
    }
  }
}
