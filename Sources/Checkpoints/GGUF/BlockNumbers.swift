public import LinearAlgebra

/// A matrix of numbers as a file stores them in blocks, mapped into memory and read some rows at a time.
public struct BlockNumbers: Sendable {
  /// Rows.
  public let rows: Int
  /// Numbers of a row.
  public let columns: Int
  /// How they are stored.
  public let format: BlockFormat
  /// Where they lie in the file.
  public let bytes: Range<Int>
  private let mapping: MappedFile

  /// Numbers from a byte of a file on, row after row; their format must be one that is read, and rows whole blocks.
  public init(mapping: MappedFile, byteOffset: Int, rows: Int, columns: Int, format: BlockFormat) {
    precondition(format.isRead && columns % format.numbers == 0, "\(columns) numbers a row of \(format.name)")
    let size = rows * (columns / format.numbers * format.bytes)
    precondition(
      byteOffset >= 0 && byteOffset + size <= mapping.count, "\(size) bytes at \(byteOffset) of a file")
    self.mapping = mapping
    self.rows = rows
    self.columns = columns
    self.format = format
    bytes = byteOffset..<byteOffset + size
  }

  /// Writes some rows into a block whose rows lie end to end.
  ///
  /// Cost: a copy of the rows' bytes where they hold scales.
  public func read(_ range: Range<Int>, into block: Matrix) {
    precondition(
      block.rows == range.count && block.columns == columns && range.upperBound <= rows,
      "rows \(range) of (\(rows), \(columns)) into (\(block.rows), \(block.columns))")
    let rowBytes = columns / format.numbers * format.bytes
    let start = bytes.lowerBound + range.lowerBound * rowBytes
    switch format.decoding {
    case .plain(let plain):
      StoredFloats(mapping: mapping, byteOffset: start, count: block.count, format: plain)
        .read(from: 0, into: block)
    case .blocks(let decode):
      let stored = mapping.bytes(start..<start + range.count * rowBytes)
      block.withMutableSpan { decode(stored.span, &$0) }
    case .none: preconditionFailure("\(format.name) is not read")
    }
  }

  /// Gives the memory of the numbers back to the system; they are read from the file again when they are needed.
  public func discard() { mapping.discard(bytes) }
}
