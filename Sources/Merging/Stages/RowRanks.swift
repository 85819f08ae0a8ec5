/// Sorts the numbers of a row by their magnitudes, row after row in the same memory.
struct RowRanks {
  /// The numbers from the smallest to the largest, of equal ones the first before the others; `place` says which.
  private(set) var order: [UInt64] = []
  private var sorted: [UInt64] = []
  private var counts = [Int32](repeating: 0, count: 256)

  /// The place in the row of a number of `order`.
  @inline(__always) static func place(_ number: UInt64) -> Int { Int(number & 0xffff_ffff) }

  /// Sorts by the sixteen leading bits in which magnitudes differ, eight at a time from the lower, and mends the few
  /// neighbours that share these.
  mutating func sort(_ row: Span<Float>) {
    if order.count != row.count {
      order = Array(repeating: 0, count: row.count)
      sorted = order
    }
    RowRanks.number(row, &order)
    RowRanks.sort(order, by: 32, into: &sorted, &counts)
    RowRanks.sort(sorted, by: 40, into: &order, &counts)
    RowRanks.mend(&order, row)
  }

  /// The leading bits of every number's magnitude above the least, and its place in the row below them.
  private static func number(_ row: Span<Float>, _ order: inout [UInt64]) {
    var order = order.mutableSpan
    precondition(order.count == row.count, "\(row.count) numbers in \(order.count) places")
    var (least, most) = (UInt32.max, UInt32.min)
    for i in 0..<row.count {
      let key = OrderStatistic.key(row[i], .magnitude)
      least = min(least, key)
      most = max(most, key)
    }
    let width = most >= least ? most - least : 0
    let shift = UInt32(max(0, 16 - width.leadingZeroBitCount))
    for i in 0..<row.count {
      let key = (OrderStatistic.key(row[i], .magnitude) - least) >> shift
      order[i] = UInt64(key) << 32 | UInt64(i)
    }
  }

  private static func sort(
    _ order: [UInt64], by shift: UInt64, into sorted: inout [UInt64], _ counts: inout [Int32]
  ) {
    let order = order.span
    var sorted = sorted.mutableSpan
    var counts = counts.mutableSpan
    for bin in 0..<counts.count { counts[bin] = 0 }
    for i in 0..<order.count { counts[Int(order[i] >> shift & 0xff)] &+= 1 }
    var start: Int32 = 0
    for bin in 0..<counts.count {
      let count = counts[bin]
      counts[bin] = start
      start &+= count
    }
    for i in 0..<order.count {
      let bin = Int(order[i] >> shift & 0xff)
      sorted[Int(counts[bin])] = order[i]
      counts[bin] &+= 1
    }
  }

  /// Puts those that share their leading bits in the order of all their bits; equal ones stay as they are.
  private static func mend(_ order: inout [UInt64], _ row: Span<Float>) {
    var order = order.mutableSpan
    for i in 1..<max(1, order.count) where order[i] >> 32 == order[i - 1] >> 32 {
      let moved = order[i]
      let size = row[RowRanks.place(moved)].magnitude
      var place = i
      while place > 0, order[place - 1] >> 32 == moved >> 32,
        row[RowRanks.place(order[place - 1])].magnitude > size
      {
        order[place] = order[place - 1]
        place -= 1
      }
      order[place] = moved
    }
  }
}
