public import Basics

/// The bytes that a process holds of a model, and of a pass through it; floats of four bytes.
extension ModelOutline {
  /// Embeddings, linear layers and what makes logits.
  public var weightBytes: Double {
    4 * (Double(embeddings + unembedding) * Double(width) + Double(layers.weights))
  }

  /// The linear layers, and what makes logits, rounded to bf16.
  public var roundedBytes: Double {
    2 * (Double(layers.weights) + (predictsTokens ? Double(limits.vocabulary) * Double(width) : 0))
  }

  /// Copies of the layers that share an input, which lie in one matrix.
  public var stackedBytes: Double {
    guard isStacked else { return 0 }
    let shared = Dictionary(grouping: layers, by: \.input).values.filter { $0.count > 1 }
    return 4 * shared.reduce(0) { $0 + Double($1.weights) }
  }

  /// Copies of the weights that adapters at some layers are folded into; one layer brings all that lie in its matrix.
  ///
  /// - Parameters:
  ///   - rank: That of the adapter.
  ///   - precision: In bf16 factors run beside the weights, but for those so wide that they are folded there too.
  public func foldedBytes(_ adapted: [LinearLayer], rank: Int, _ precision: Precision) -> Double {
    foldedBytes(precision == .float32 ? adapted : adapted.filter { $0.isWide(rank: rank) })
  }

  /// Copies of the weights that adapters at some layers are folded into, whatever their rank.
  public func foldedBytes(_ adapted: [LinearLayer]) -> Double {
    guard isStacked else { return 4 * Double(adapted.weights) }
    let inputs = Set(adapted.map(\.input))
    return 4 * layers.reduce(0) { inputs.contains($1.input) ? $0 + Double($1.weights) : $0 }
  }

  /// What a block keeps for the backward pass.
  public func blockBytes(_ texts: Texts, _ precision: Precision) -> Double {
    let saved = precision == .float32 ? saved : savedRounded
    return 4 * (Double(saved.token) * texts.tokens + Double(saved.pair) * texts.pairs)
  }
}
