internal import Specs

/// Bytes that a worker holds, from the sizes of the model and of its largest batch.
///
/// What the forward pass saves for the backward pass decides in training: `tape`. Whoever changes what a block saves
/// changes `block`.
enum MemoryEstimate {
  /// The program, its libraries, BLAS buffers, the tokeniser and the tokenised examples of a few sets.
  static let process = 90e6

  /// The program with a base: its weights, mapped, and the stacked copies of query, key and value.
  static func base(_ sizes: EncoderSizes) -> Double {
    let (L, C) = (Double(sizes.layers), Double(sizes.hidden))
    return process + 4 * (Double(sizes.embeddings) * C + L * sizes.blockWeights + L * 3 * C * C)
  }

  /// Copies of the weights that adapters are folded into; one of query, key and value brings all three.
  static func folded(_ layers: [EncoderSizes.Layer]) -> Double {
    var stacked: Set<Int> = []
    var bytes = 0.0
    for layer in layers {
      guard layer.isStacked else {
        bytes += 4 * layer.weights
        continue
      }
      if stacked.insert(layer.block).inserted { bytes += 12 * layer.weights }
    }
    return bytes
  }

  /// The tokens of a part of a batch, of which a training holds one at a time.
  static func part(_ batch: Double, row: Double) -> Double { min(batch, Double(WorkLimits.partTokens) + row) }

  /// What one block saves for the backward pass, T tokens in rows of n: 4·(8·T·C + T·F + T·n·H) bytes, for x, query,
  /// key and value, the context, both normalised sums, the feed-forward layer's input, what enters GELU, and the
  /// probabilities.
  static func block(_ sizes: EncoderSizes, tokens: Double, row: Double) -> Double {
    let (C, F, H) = (Double(sizes.hidden), Double(sizes.intermediate), Double(sizes.heads))
    return 4 * tokens * (8 * C + F + row * H)
  }

  /// What the whole forward pass of a part saves, down to the lowest adapter, and the gradients of one block.
  static func tape(_ sizes: EncoderSizes, tokens: Double, row: Double, lowest: Int) -> Double {
    (Double(sizes.layers - lowest) + 1.5) * block(sizes, tokens: part(tokens, row: row), row: row)
  }
}
