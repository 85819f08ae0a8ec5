/// Keeping the largest entries of a matrix or of a whole model, without sorting.
///
/// The bits of |x| rise with |x|, so the k-th largest magnitude is found by two counts: of the high 16 bits, then of the
/// low 16 bits among those that share them. Cost: two passes over the numbers and 2¹⁶ counters.
enum Trim {
  /// How many of `count` entries a density keeps: at least one, as mergekit does.
  static func kept(density: Double, of count: Int) -> Int {
    density >= 1 ? count : max(1, Int(density * Double(count)))
  }

  /// Zeroes all but the k entries of largest magnitude; of equal ones the first stay.
  ///
  /// Source: Yadav et al. 2023, arXiv:2306.01708, section 3 (trim), per matrix as mergekit does it.
  static func keepLargest(_ k: Int, of values: inout [Float]) {
    if k >= values.count { return }
    let (limit, above, equal) = kthMagnitude(k) { visit in visit(values) }
    keep(atLeast: limit, of: &values)
    var surplus = above + equal - k
    for i in values.indices.reversed() where surplus > 0 && magnitude(values[i]) == limit {
      values[i] = 0
      surplus -= 1
    }
  }

  /// Zeroes all entries of a magnitude below a limit, given as bits.
  static func keep(atLeast limit: UInt32, of values: inout [Float]) {
    var span = values.mutableSpan
    for i in 0..<span.count { span[i] = magnitude(span[i]) >= limit ? span[i] : 0 }
  }

  /// The bits of the k-th largest magnitude among all scanned numbers, how many are larger and how many equal.
  ///
  /// - Parameter scan: Visits all numbers, in pieces; it is called twice.
  static func kthMagnitude(_ k: Int, scan: (([Float]) -> Void) -> Void) -> (
    bits: UInt32, above: Int, equal: Int
  ) {
    var high = [Int](repeating: 0, count: 1 << 16)
    scan { countHigh($0.span, &high) }
    let (top, aboveTop) = bin(of: k, in: high)
    var low = [Int](repeating: 0, count: 1 << 16)
    scan { countLow($0.span, sharing: UInt32(top), &low) }
    let (bottom, aboveBottom) = bin(of: k - aboveTop, in: low)
    return (UInt32(top) << 16 | UInt32(bottom), aboveTop + aboveBottom, low[bottom])
  }

  private static func magnitude(_ value: Float) -> UInt32 { value.bitPattern & 0x7fff_ffff }

  private static func countHigh(_ values: Span<Float>, _ counts: inout [Int]) {
    var counts = counts.mutableSpan
    for i in 0..<values.count { counts[Int(magnitude(values[i]) >> 16)] += 1 }
  }

  private static func countLow(_ values: Span<Float>, sharing top: UInt32, _ counts: inout [Int]) {
    var counts = counts.mutableSpan
    for i in 0..<values.count where magnitude(values[i]) >> 16 == top {
      counts[Int(magnitude(values[i]) & 0xffff)] += 1
    }
  }

  /// The bin that holds the k-th number counted from the top, and how many lie in higher bins.
  private static func bin(of k: Int, in counts: [Int]) -> (bin: Int, above: Int) {
    var above = 0
    let counts = counts.span
    for bin in (0..<counts.count).reversed() {
      if above + counts[bin] >= k { return (bin, above) }
      above += counts[bin]
    }
    return (0, above)
  }
}
