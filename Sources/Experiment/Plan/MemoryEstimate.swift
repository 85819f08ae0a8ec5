internal import Basics
internal import Outlines
internal import Specs

/// Bytes that a worker holds, from the outline of the model and of its largest batch.
enum MemoryEstimate {
  /// The program, its libraries, BLAS buffers, the tokeniser and the tokenised examples of a few sets.
  static let process = 90e6

  /// The program with a base in every form in which jobs of the plan read it, since a worker keeps what it has opened.
  ///
  /// In floats that is its weights, mapped, and the stacked copies of layers that share an input; where products read bf16, the
  /// embeddings, mapped once more, and the shared file of rounded linear weights.
  static func base(_ outline: ModelOutline, _ held: Set<Precision>) -> Double {
    var bytes = process
    if held.contains(.float32) { bytes += outline.weightBytes + outline.stackedBytes }
    if held.contains(.bfloat16) {
      bytes += outline.weightBytes - 4 * Double(outline.layers.weights) + outline.roundedBytes
    }
    return bytes
  }

  /// The tokens of a part of a batch, of which a training holds one at a time.
  static func part(_ batch: Double, row: Double) -> Double { min(batch, Double(WorkLimits.partTokens) + row) }

  /// What one block keeps of some tokens in rows of n.
  static func block(
    _ outline: ModelOutline, tokens: Double, row: Double, _ precision: Precision
  ) -> Double {
    outline.blockBytes(.init(tokens: tokens, pairs: tokens * row), precision)
  }

  /// What the whole forward pass of a part keeps, down to the lowest adapter, and the gradients of one block.
  static func tape(
    _ outline: ModelOutline, tokens: Double, row: Double, lowest: Int, _ precision: Precision
  ) -> Double {
    (Double(outline.blocks - lowest) + 1.5)
      * block(outline, tokens: part(tokens, row: row), row: row, precision)
  }
}
