/// The k-th largest of many numbers, exactly, in one or two passes and without sorting them.
///
/// The bits of a positive float rise with it, so the numbers are counted by their twelve highest bits, and those that share
/// the k-th one's are collected, few enough to be counted further by the rest of their bits. Which these are the first
/// piece of numbers tells, mostly; where it does not, a second pass collects them.
/// Cost: the passes, 2¹² counters, and the memory of the collected numbers (some hundredths of all).
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
  private let k: Int
  private let total: Int
  private let zeros: Int
  private var counts = [Int](repeating: 0, count: 1 << 12)
  /// The highest bits of the numbers that are collected, first on a guess.
  private var bin: Int?
  private var above = 0
  private var shared: [UInt32] = []
  private var filled = 0

  /// Has seen nothing yet.
  ///
  /// - Parameters:
  ///   - k: Which number is sought, 1 ≤ k ≤ count.
  ///   - count: How many numbers there are.
  ///   - zeros: How many of these are zero and are not visited.
  init(_ k: Int, of count: Int, by order: Order, zeros: Int = 0) {
    precondition(k >= 1 && k <= count, "the \(k)-th of \(count) numbers")
    (self.order, self.k, total, self.zeros) = (order, k, count, zeros)
  }

  /// The first pass: counts some numbers.
  mutating func count(_ numbers: Span<Float>) {
    OrderStatistic.count(numbers, order, &counts)
    if bin == nil, numbers.count > 0, k <= total - zeros {
      // The piece's own number at the same place; at least the first, at most the last.
      let own = Int(Double(k) / Double(total - zeros) * Double(numbers.count))
      bin = OrderStatistic.bin(of: min(max(own, 1), numbers.count), in: counts).bin
    }
    if bin != nil { collect(numbers) }
  }

  /// Between the passes: whether the second one is needed.
  mutating func needsSecondPass() -> Bool {
    let zero = Int(OrderStatistic.key(0, order) >> 20)
    counts[zero] += zeros
    let (sought, larger) = OrderStatistic.bin(of: k, in: counts)
    above = larger
    defer { bin = sought }
    if sought == bin, zeros == 0 || sought != zero { return false }
    shared = Array(repeating: OrderStatistic.key(0, order), count: counts[sought])
    filled = zero == sought ? zeros : 0
    return filled < counts[sought]
  }

  /// The second pass, where it is needed: the same numbers again.
  mutating func collect(_ numbers: Span<Float>) {
    guard let bin else { return }
    // One place more than the keys need, for the key that is written and not kept.
    let missing = filled + numbers.count + 1 - shared.count
    if missing > 0 { shared.append(contentsOf: repeatElement(0, count: missing)) }
    OrderStatistic.collect(numbers, order, UInt32(bin), &shared, &filled)
  }

  /// Where the k-th largest number lies, after the passes.
  var position: Position { OrderStatistic.refine(Array(shared.prefix(filled)), k - above, above: above) }

  /// Finds the k-th largest number of those that `scan` visits, in pieces; it is called once or twice.
  static func largest(
    _ k: Int, of count: Int, by order: Order, zeros: Int = 0, scan: ((Span<Float>) -> Void) -> Void
  ) -> Position {
    var statistic = OrderStatistic(k, of: count, by: order, zeros: zeros)
    scan { statistic.count($0) }
    if statistic.needsSecondPass() { scan { statistic.collect($0) } }
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

  /// How many magnitudes have that very key.
  static func count(of key: UInt32, in numbers: Span<Float>) -> Int {
    var count: UInt32 = 0
    for i in 0..<numbers.count {
      // The highest bit of d | −d is 0 for d = 0 alone; a comparison would become a branch instead of a vector.
      let difference = OrderStatistic.key(numbers[i], .magnitude) ^ key
      count &+= 1 &- (difference | (0 &- difference)) >> 31
    }
    return Int(count)
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
