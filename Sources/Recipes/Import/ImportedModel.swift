internal import Basics
internal import Checkpoints
internal import LinearAlgebra

/// In which order the rows of a stored tensor stand in a Hugging Face checkpoint.
enum RowOrder: Sendable, Hashable {
  /// As they are.
  case asStored
  /// Rows of rotated heads: the stored ones pair neighbours, 2i and 2i + 1, the others i and i + half a head.
  case interleaved(heads: Int)
  /// As columns, for layers that keep weights as (in, out).
  case transposed
}

/// A tensor of a model that is imported: no number of it is read yet.
struct ImportedTensor: Sendable {
  /// The name in the checkpoint.
  let name: String
  /// The sizes there, outermost first.
  let shape: [Int]
  let order: RowOrder
  let numbers: BlockNumbers
  /// Where it lies, for messages.
  let place: Place
}

/// A model in a file of another format, as a Hugging Face folder would have it.
struct ImportedModel: Sendable {
  /// What it is, in a few words: `llama of 30 layers`.
  let words: String
  /// `config.json`, without the type of the numbers.
  let configuration: [(name: String, value: JSON)]
  let tensors: [ImportedTensor]
  let tokenizer: TokenizerDescription
  /// What a user should know.
  let notes: [String]
}

/// Numbers that a checkpoint gets for a tensor, block by block.
struct TensorRows {
  let tensor: ImportedTensor

  /// About so many numbers are read at once.
  private static let blockNumbers = 1 << 18

  /// Calls a body with blocks of the tensor, from its first number on; a block's rows lie end to end.
  func forEachBlock(_ body: (Matrix) throws -> Void) throws {
    let numbers = tensor.numbers
    switch tensor.order {
    case .asStored:
      let height = max(1, Self.blockNumbers / numbers.columns)
      for first in stride(from: 0, to: numbers.rows, by: height) {
        let rows = first..<min(first + height, numbers.rows)
        let block = Matrix(rows: rows.count, columns: numbers.columns)
        numbers.read(rows, into: block)
        try body(block)
      }
    case .interleaved(let heads):
      // A bias is one row of as many numbers as its matrix has rows.
      let isBias = tensor.shape.count == 1
      let rows = tensor.shape[0]
      let columns = isBias ? 1 : numbers.columns
      let size = rows / heads
      for head in 0..<heads {
        var stored = Matrix(rows: isBias ? 1 : size, columns: isBias ? rows : columns)
        numbers.read(isBias ? 0..<1 : head * size..<(head + 1) * size, into: stored)
        if isBias { stored = stored.reshaped(rows: rows, columns: 1).rows(head * size..<(head + 1) * size) }
        try body(Self.paired(stored))
      }
    case .transposed:
      let stored = Matrix(rows: numbers.rows, columns: numbers.columns)
      numbers.read(0..<numbers.rows, into: stored)
      try body(stored.transposed())
    }
  }

  /// A head's rows, first those of even numbers, then those of odd ones.
  private static func paired(_ stored: Matrix) -> Matrix {
    let result = Matrix(rows: stored.rows, columns: stored.columns)
    let half = stored.rows / 2
    for row in 0..<stored.rows {
      let source = 2 * (row % half) + row / half
      result.withMutableRow(row) { target in
        stored.withRow(source) { for i in 0..<$0.count { target[i] = $0[i] } }
      }
    }
    return result
  }
}
