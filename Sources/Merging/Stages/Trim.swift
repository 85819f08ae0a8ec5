/// Which entries are among the k of largest magnitude; of equal ones the first are.
struct Cutoff: Sendable {
  /// The bits of the smallest magnitude among them.
  private let least: UInt32
  /// How many entries of that very magnitude may still be among them.
  private var room: Int

  /// Every entry is.
  static let all = Cutoff(least: 0, room: .max)
  /// No entry is.
  static let none = Cutoff(least: .max, room: 0)

  private init(least: UInt32, room: Int) {
    self.least = least
    self.room = room
  }

  /// The k largest of `count` entries.
  ///
  /// - Parameters:
  ///   - zeros: Entries that are zero and are not visited.
  ///   - keepsEqual: Whether all entries as large as the k-th are among them, however many.
  ///   - scan: Visits the entries in pieces, twice.
  init(
    _ k: Int, of count: Int, zeros: Int = 0, keepsEqual: Bool = false,
    scan: ((Span<Float>) -> Void) -> Void
  ) {
    if k >= count {
      self = .all
    } else if k <= 0 {
      self = .none
    } else {
      self.init(
        k, at: OrderStatistic.largest(k, by: .magnitude, zeros: zeros, scan: scan), keepsEqual: keepsEqual)
    }
  }

  /// The k largest of a row.
  init(_ k: Int, ofRow row: Span<Float>) {
    if k >= row.count {
      self = .all
    } else if k <= 0 {
      self = .none
    } else {
      self.init(k, at: OrderStatistic.largest(k, of: row, by: .magnitude), keepsEqual: false)
    }
  }

  private init(_ k: Int, at position: OrderStatistic.Position, keepsEqual: Bool) {
    let room = k - position.above
    self.init(least: position.key, room: keepsEqual || room == position.equal ? .max : room)
  }

  /// Whether no entry is among them.
  var takesNothing: Bool { least == .max }

  /// The bits that an entry among them has at least, where these alone say it; above all bits where no entry is.
  var plainLimit: UInt32? { room == .max || takesNothing ? least : nil }

  /// Whether the next entry is among them; entries come in order.
  @inline(__always) mutating func takes(_ x: Float) -> Bool {
    let key = OrderStatistic.key(x, .magnitude)
    if key != least || room == .max { return key >= least }
    room -= 1
    return room >= 0
  }

  /// Zeroes the entries that are not among them.
  mutating func keep(_ block: inout MutableSpan<Float>) {
    if room == .max {
      let least = least
      for i in 0..<block.count {
        block[i] = OrderStatistic.key(block[i], .magnitude) >= least ? block[i] : 0
      }
    } else {
      for i in 0..<block.count where !takes(block[i]) { block[i] = 0 }
    }
  }
}
