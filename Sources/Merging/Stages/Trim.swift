/// Which entries are among the k of largest magnitude; of equal ones the first are.
struct Cutoff: Sendable {
  /// The bits of the smallest magnitude among them.
  private let least: UInt32
  /// How many entries of that very magnitude may still be among them.
  private var room: Int

  /// Every entry is.
  static let all = Cutoff(least: 0, room: .max)
  /// No entry is.
  static let none = Cutoff(least: .max, room: .max)

  private init(least: UInt32, room: Int) {
    self.least = least
    self.room = room
  }

  /// The k largest of `count` entries.
  ///
  /// - Parameters:
  ///   - zeros: Entries that are zero and are not visited.
  ///   - keepsEqual: Whether all entries as large as the k-th are among them, however many.
  ///   - scan: Visits the entries in pieces; it is called twice at most.
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
        k, at: OrderStatistic.largest(k, of: count, by: .magnitude, zeros: zeros, scan: scan),
        keepsEqual: keepsEqual)
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

  /// The bits that an entry of this piece has at least where it is among them, if these alone say it: the piece counts as
  /// passed then; nil where only some of the entries as large as the k-th are.
  mutating func pass(_ piece: Span<Float>) -> UInt32? {
    if room == .max { return least }
    if room <= 0 { return least + 1 }
    let equal = OrderStatistic.count(of: least, in: piece)
    guard equal <= room else { return nil }
    room -= equal
    return least
  }

  /// Of each number of a piece, whether it is among them.
  mutating func selected(_ piece: Span<Float>) -> [Bool] {
    var selected = [Bool](repeating: false, count: piece.count)
    var flags = selected.mutableSpan
    if let limit = pass(piece) {
      for i in 0..<piece.count { flags[i] = OrderStatistic.key(piece[i], .magnitude) >= limit }
    } else {
      for i in 0..<piece.count { flags[i] = takes(piece[i]) }
    }
    return selected
  }

  /// Whether the next entry is among them; entries come in order.
  @inline(__always) mutating func takes(_ x: Float) -> Bool {
    let key = OrderStatistic.key(x, .magnitude)
    if key != least || room == .max { return key >= least }
    room -= 1
    return room >= 0
  }
}
