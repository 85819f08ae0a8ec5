/// The merges of a byte-pair encoding: from two tokens to their rank and the token that they become.
struct MergeTable: Sendable {
  private struct Slot {
    var pair: UInt64
    var rank: UInt32
    var id: Int32
  }

  /// A pair that no two tokens make.
  private static let nothing = UInt64.max
  /// The rank of two tokens that do not merge.
  static let never = UInt32.max

  private var slots: [Slot]
  private let mask: Int
  private let shift: UInt64

  /// Makes a table; merges stand in the order of their ranks, of equal pairs the last counts.
  init(_ merges: [(left: Int32, right: Int32, id: Int32)]) {
    var bits: UInt64 = 4
    while 1 << bits < 2 * merges.count { bits += 1 }
    slots = [Slot](repeating: Slot(pair: Self.nothing, rank: Self.never, id: 0), count: 1 << bits)
    mask = slots.count - 1
    shift = 64 - bits
    for (rank, merge) in merges.enumerated() {
      let pair = Self.pair(merge.left, merge.right)
      slots[place(pair)] = Slot(pair: pair, rank: UInt32(rank), id: merge.id)
    }
  }

  /// The rank of two tokens and what they become; `never` where they do not merge.
  @inline(__always)
  func merge(_ left: Int32, _ right: Int32) -> (rank: UInt32, id: Int32) {
    let slot = slots[place(Self.pair(left, right))]
    return (slot.rank, slot.id)
  }

  @inline(__always)
  private func place(_ pair: UInt64) -> Int {
    // Fibonacci hashing (Knuth, volume 3, section 6.4).
    var place = Int(truncatingIfNeeded: (pair &* 0x9e37_79b9_7f4a_7c15) >> shift)
    while slots[place].pair != pair, slots[place].pair != Self.nothing { place = (place + 1) & mask }
    return place
  }

  @inline(__always)
  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}
