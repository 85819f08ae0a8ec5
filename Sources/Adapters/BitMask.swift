/// A matrix of yes and no: 8 to a byte, row by row, the lowest bit first.
public struct BitMask: Sendable, Hashable {
  /// Rows.
  public let rows: Int
  /// Columns.
  public let columns: Int
  /// ⌈rows·columns ÷ 8⌉ bytes; bits behind the last entry are zero.
  public private(set) var bytes: [UInt8]

  /// Nothing set.
  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    bytes = [UInt8](repeating: 0, count: BitMask.size(rows: rows, columns: columns))
  }

  /// Takes bytes as they are.
  public init(rows: Int, columns: Int, bytes: [UInt8]) {
    precondition(
      bytes.count == BitMask.size(rows: rows, columns: columns),
      "\(bytes.count) bytes for (\(rows), \(columns))")
    self.rows = rows
    self.columns = columns
    self.bytes = bytes
  }

  /// Bytes of a mask.
  package static func size(rows: Int, columns: Int) -> Int { (rows * columns + 7) / 8 }

  /// Whether the entry of that number, counted row by row, is set.
  public subscript(entry: Int) -> Bool {
    get { bytes[entry >> 3] & (1 << UInt8(truncatingIfNeeded: entry & 7)) != 0 }
    set {
      let bit: UInt8 = 1 << UInt8(truncatingIfNeeded: entry & 7)
      if newValue { bytes[entry >> 3] |= bit } else { bytes[entry >> 3] &= ~bit }
    }
  }

  /// How many entries are set.
  public var count: Int { bytes.reduce(0) { $0 + $1.nonzeroBitCount } }
}
