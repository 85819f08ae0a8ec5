internal import Basics
internal import Outlines
internal import Specs

/// Bytes that a worker holds, from the outline of the model and of its largest batch.
enum MemoryEstimate {
  /// The program, its libraries, BLAS buffers, the tokeniser and the tokenised examples of a few sets.
  static let process = 90e6

  /// The program with a base: its weights, mapped, and the stacked copies of layers that share an input.
  ///
  /// Where products read bf16, the linear weights are those of the shared file of rounded ones.
  static func base(_ outline: ModelOutline, _ precision: Precision = .float32) -> Double {
    switch precision {
    case .float32: process + outline.weightBytes + outline.stackedBytes
    case .bfloat16: process + outline.weightBytes - 2 * Double(outline.layers.weights)
    }
  }

  /// The tokens of a part of a batch, of which a training holds one at a time.
  static func part(_ batch: Double, row: Double) -> Double { min(batch, Double(WorkLimits.partTokens) + row) }

  /// What one block keeps of some tokens in rows of n.
  static func block(
    _ outline: ModelOutline, tokens: Double, row: Double, _ precision: Precision = .float32
  ) -> Double {
    outline.blockBytes(.init(tokens: tokens, pairs: tokens * row), precision)
  }

  /// What the whole forward pass of a part keeps, down to the lowest adapter, and the gradients of one block.
  static func tape(
    _ outline: ModelOutline, tokens: Double, row: Double, lowest: Int, _ precision: Precision = .float32
  ) -> Double {
    (Double(outline.blocks - lowest) + 1.5)
      * block(outline, tokens: part(tokens, row: row), row: row, precision)
  }
}
