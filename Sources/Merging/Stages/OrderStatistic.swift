/// The k-th largest of many numbers, exactly, in two passes and without sorting them.
///
/// The bits of a positive float rise with it, so the numbers are counted by their twelve highest bits; the second pass
/// collects those that share the k-th one's, few enough to be counted further by the rest of their bits.
/// Cost: two passes, 2¹² counters, and the memory of the collected numbers (some hundredths of all).
struct OrderStatistic {
  /// What makes a number large.
  enum Order {
    /// |x|.
    case magnitude
    /// x.
    case value
  }

  /// Where the k-th largest number lies.
  struct Position {
    /// Its key: bits that rise with the number.
    var key: UInt32
    /// How many keys are larger.
    var above: Int
    /// How many keys are equal, itself among them.
    var equal: Int
  }

  private let order: Order
  private var counts = [Int](repeating: 0, count: 1 << 12)
  private var k = 0
  private var bin = 0
  private var above = 0
  private var shared: [UInt32] = []
  private var filled = 0

  /// Counts nothing yet.
  init(by order: Order) { self.order = order }

  /// The first pass: counts some numbers.
  mutating func count(_ numbers: Span<Float>) { OrderStatistic.count(numbers, order, &counts) }

  /// Between the passes: says which number is sought, 1 ≤ k ≤ how many there are.
  ///
  /// - Parameter zeros: Numbers that are zero and are not visited in either pass.
  mutating func seek(_ k: Int, zeros: Int = 0) {
    let zero = OrderStatistic.key(0, order)
    counts[Int(zero >> 20)] += zeros
    (bin, above) = OrderStatistic.bin(of: k, in: counts)
    self.k = k
    shared = Array(repeating: zero, count: counts[bin] + 1)
    filled = zero >> 20 == UInt32(bin) ? zeros : 0
  }

  /// The second pass: the same numbers again.
  mutating func collect(_ numbers: Span<Float>) {
    OrderStatistic.collect(numbers, order, UInt32(bin), &shared, &filled)
  }

  /// Where the k-th largest number lies, after both passes.
  var position: Position { OrderStatistic.refine(Array(shared.dropLast()), k - above, above: above) }

  /// Finds the k-th largest number of those that `scan` visits, in pieces; it is called twice.
  static func largest(
    _ k: Int, by order: Order, zeros: Int = 0, scan: ((Span<Float>) -> Void) -> Void
  ) -> Position {
    var statistic = OrderStatistic(by: order)
    scan { statistic.count($0) }
    statistic.seek(k, zeros: zeros)
    scan { statistic.collect($0) }
    return statistic.position
  }

  /// The same of numbers that lie together, as few as a row has: in a copy of their keys, parted again and again (Hoare
  /// 1961), which spares the counters.
  static func largest(_ k: Int, of numbers: Span<Float>, by order: Order) -> Position {
    precondition(k >= 1 && k <= numbers.count, "the \(k)-th of \(numbers.count) numbers")
    var keys = [UInt32](repeating: 0, count: numbers.count)
    for i in 0..<numbers.count { keys[i] = key(numbers[i], order) }
    let kth = select(k, in: &keys)
    var (above, equal) = (0, 0)
    for i in keys.indices {
      above += keys[i] > kth ? 1 : 0
      equal += keys[i] == kth ? 1 : 0
    }
    return Position(key: kth, above: above, equal: equal)
  }

  /// The k-th largest key; changes their order.
  private static func select(_ k: Int, in keys: inout [UInt32]) -> UInt32 {
    var keys = keys.mutableSpan
    var (low, high) = (0, keys.count - 1)
    while low < high {
      let pivot = keys[(low + high) / 2]
      var (i, j) = (low, high)
      while i <= j {
        while keys[i] > pivot { i += 1 }
        while keys[j] < pivot { j -= 1 }
        if i <= j {
          keys.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      // Keys up to j are at least the pivot, those from i at most; what lies between is the pivot.
      if k - 1 <= j { high = j } else if k - 1 >= i { low = i } else { return pivot }
    }
    return keys[low]
  }

  /// Bits that rise with the number or its magnitude.
  @inline(__always) static func key(_ x: Float, _ order: Order) -> UInt32 {
    switch order {
    case .magnitude: x.bitPattern & 0x7fff_ffff
    case .value: x.bitPattern >> 31 == 0 ? x.bitPattern | 0x8000_0000 : ~x.bitPattern
    }
  }

  /// The number with these bits.
  static func number(_ key: UInt32, _ order: Order) -> Float {
    switch order {
    case .magnitude: Float(bitPattern: key)
    case .value: Float(bitPattern: key >> 31 == 1 ? key & 0x7fff_ffff : ~key)
    }
  }

  private static func count(_ numbers: Span<Float>, _ order: Order, _ counts: inout [Int]) {
    var counts = counts.mutableSpan
    switch order {
    case .magnitude: for i in 0..<numbers.count { counts[Int(key(numbers[i], .magnitude) >> 20)] += 1 }
    case .value: for i in 0..<numbers.count { counts[Int(key(numbers[i], .value) >> 20)] += 1 }
    }
  }

  /// Writes every key and moves on only past those of the bin: no branch to mispredict.
  private static func collect(
    _ numbers: Span<Float>, _ order: Order, _ bin: UInt32, _ shared: inout [UInt32], _ filled: inout Int
  ) {
    var shared = shared.mutableSpan
    var next = filled
    for i in 0..<numbers.count {
      let key = key(numbers[i], order)
      shared[next] = key
      next += key >> 20 == bin ? 1 : 0
    }
    filled = next
  }

  /// The k-th of keys that share their twelve highest bits: by the next twelve, then by the last eight.
  private static func refine(_ keys: [UInt32], _ k: Int, above: Int) -> Position {
    var (keys, k, above) = (keys, k, above)
    for (shift, mask) in [(8, 0xfff), (0, 0xff)] {
      var counts = [Int](repeating: 0, count: mask + 1)
      for key in keys { counts[Int(key >> UInt32(shift)) & mask] += 1 }
      let (bin, larger) = bin(of: k, in: counts)
      keys = keys.filter { Int($0 >> UInt32(shift)) & mask == bin }
      (k, above) = (k - larger, above + larger)
    }
    return Position(key: keys.first ?? 0, above: above, equal: keys.count)
  }

  /// The bin that holds the k-th number counted from the top, and how many lie in higher bins.
  private static func bin(of k: Int, in counts: [Int]) -> (bin: Int, above: Int) {
    var above = 0
    for bin in counts.indices.reversed() {
      if above + counts[bin] >= k { return (bin, above) }
      above += counts[bin]
    }
    preconditionFailure("no \(k)-th of \(above) numbers")
  }
}
