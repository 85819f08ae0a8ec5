/// Some token sequences laid end to end, without padding: T tokens of R rows.
public struct PackedBatch: Sendable {
  /// Token ids, T of them.
  public var ids: [Int32] = []
  /// Token types (0 first sentence, 1 second), T of them.
  public var types: [Int32] = []
  /// The first token of each row, and T at the end: R + 1 numbers.
  public var starts: [Int] = [0]
  /// Where a row forks: parts at its end that go on from what stands before the first of them, and do not see each other; as
  /// places in the row, R lists, most of them empty.
  ///
  /// Several continuations of one text are then read in one pass. Models in which a token sees later ones know no forks.
  public var forks: [[Range<Int>]] = []

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
    forks.removeAll(keepingCapacity: true)
  }

  /// Rows R.
  public var rows: Int { starts.count - 1 }

  /// Tokens T.
  public var tokens: Int { ids.count }

  /// Tokens of the longest row.
  public var longestRow: Int { (0..<rows).reduce(0) { max($0, range($1).count) } }

  /// The tokens of one row.
  public func range(_ row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

  /// Adds a row; `forks` are places in it.
  public mutating func append(ids: [Int32], types: [Int32], forks: [Range<Int>] = []) {
    precondition(
      ids.count == types.count && !ids.isEmpty, "a row of \(ids.count) ids and \(types.count) types")
    precondition(
      forks.isEmpty || forks[forks.count - 1].upperBound == ids.count, "forks \(forks) of \(ids.count)")
    self.ids += ids
    self.types += types
    self.forks.append(forks)
    starts.append(self.ids.count)
  }

  /// The parts of a row whose tokens stand at places that follow each other, each with the place of its first token in its text.
  func runs(_ row: Int) -> [(tokens: Range<Int>, first: Int)] {
    let forks = forks[row]
    let trunk = forks.first?.lowerBound ?? range(row).count
    return [(0..<trunk, 0)].filter { !$0.0.isEmpty } + forks.map { ($0, trunk) }
  }
}
