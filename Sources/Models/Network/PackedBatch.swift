/// Some token sequences laid end to end, without padding: T tokens of R rows.
public struct PackedBatch: Sendable {
  /// Token ids, T of them.
  public var ids: [Int32] = []
  /// Token types (0 first sentence, 1 second), T of them.
  public var types: [Int32] = []
  /// The first token of each row, and T at the end: R + 1 numbers.
  public var starts: [Int] = [0]

  /// An empty batch.
  public init() {}

  /// Makes room for so many rows and tokens.
  public mutating func reserve(rows: Int, tokens: Int) {
    ids.reserveCapacity(tokens)
    types.reserveCapacity(tokens)
    starts.reserveCapacity(rows + 1)
  }

  /// Drops all rows and keeps their room.
  public mutating func removeAll() {
    ids.removeAll(keepingCapacity: true)
    types.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    starts.append(0)
  }

  /// Rows R.
  public var rows: Int { starts.count - 1 }

  /// Tokens T.
  public var tokens: Int { ids.count }

  /// Tokens of the longest row.
  public var longestRow: Int { (0..<rows).reduce(0) { max($0, range($1).count) } }

  /// The tokens of one row.
  public func range(_ row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

  /// Adds a row.
  public mutating func append(ids: [Int32], types: [Int32]) {
    precondition(
      ids.count == types.count && !ids.isEmpty, "a row of \(ids.count) ids and \(types.count) types")
    self.ids += ids
    self.types += types
    starts.append(self.ids.count)
  }
}
