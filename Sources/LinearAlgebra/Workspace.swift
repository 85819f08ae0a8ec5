/// One allocation from which a step takes its matrices in order, so that a step allocates nothing.
///
/// Not thread-safe: one worker owns it.
public final class Workspace {
  private var storage: Storage
  private var used = 0
  /// The most floats held at once since the last reset, so that a too small block grows once.
  private var wanted = 0
  /// Floats held outside the block because it was full.
  private var spilled = 0

  /// Reserves floats.
  public init(floats: Int = 1 << 16) {
    storage = Storage(count: floats)
  }

  /// Floats reserved.
  public var capacity: Int { storage.count }

  /// Takes everything back; matrices taken before must not be used any more.
  ///
  /// Grows the block where the last round wanted more than it holds.
  public func reset() {
    if wanted > storage.count {
      // The old block goes before the new one comes, so that both are never held at once.
      storage = Storage(count: 0)
      storage = Storage(count: wanted + wanted / 8)
    }
    used = 0
    wanted = 0
    spilled = 0
  }

  /// A matrix whose numbers are whatever was there before.
  public func matrix(rows: Int, columns: Int) -> Matrix {
    // Rows of one matrix start on a cache line's border.
    let floats = (rows * columns + 15) / 16 * 16
    guard used + floats <= storage.count else {
      spilled += floats
      wanted = max(wanted, used + spilled)
      return Matrix(rows: rows, columns: columns)
    }
    defer { used += floats }
    return Matrix(storage: storage, offset: used, rows: rows, columns: columns, stride: columns)
  }

  /// Where the next matrix will start; `release(to:)` gives back what was taken since.
  public var mark: Int { used }

  /// Gives back the matrices taken since a mark.
  public func release(to mark: Int) {
    precondition(mark <= used, "mark \(mark) lies behind \(used)")
    used = mark
  }

  /// A matrix of zeros.
  public func zeros(rows: Int, columns: Int) -> Matrix {
    let matrix = matrix(rows: rows, columns: columns)
    matrix.fill(0)
    return matrix
  }
}
