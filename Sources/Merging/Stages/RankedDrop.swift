internal import Basics

/// Keeps an entry with a probability that rises with the rank of its magnitude in its row.
///
/// The i-th smallest of n entries of a row is kept with p_i = density − ε + 2ε·(i − 1)/(n − 1) (a row of one entry with
/// p = density); of equal magnitudes the first is the smaller. A density of 1 keeps everything.
/// Source: MagPrune of DELLA, Deep et al. 2024, arXiv:2406.11617, section 3. Cost: a sort of every row.
struct RankedDrop: Sparsify {
  let density: Double
  let epsilon: Double
  /// Whether a kept entry is divided by its own p_i.
  let dividesByProbability: Bool

  init(density: Double, epsilon: Double, dividesByProbability: Bool) {
    self.density = density
    self.epsilon = epsilon
    self.dividesByProbability = dividesByProbability
  }

  /// Reads `density`, `epsilon` and `rescale`.
  init(_ parameters: Parameters) {
    density = parameters.number("density")
    epsilon = parameters.number("epsilon")
    dividesByProbability = parameters.text("rescale") == Rescale.inverseDensity.rawValue
  }

  /// Throws where density and epsilon together make no probabilities.
  func check() throws(Diagnostic) {
    guard density < 1, density + epsilon >= 1 || density - epsilon <= 0 else { return }
    throw Diagnostic(
      "density \(density) ± epsilon \(epsilon) are not probabilities between 0 and 1",
      hint: "make epsilon smaller; density 1 drops nothing")
  }

  func mask(of change: ChangeRows, model: Int, random: RandomStream) -> any EntryMask {
    RankedMask(rule: self, random: random)
  }

  fileprivate func probability(rank: Int, of count: Int) -> Double {
    let share = count > 1 ? Double(rank) / Double(count - 1) : 0.5
    return density - epsilon + 2 * epsilon * share
  }
}

private struct RankedMask: EntryMask {
  let rule: RankedDrop
  var random: RandomStream
  /// Of each rank in a row, the limit of 53 random bits below which an entry is kept, and its factor then.
  private var steps: [RowRanks.Step] = []
  private var ranks = RowRanks()

  init(rule: RankedDrop, random: RandomStream) {
    self.rule = rule
    self.random = random
  }

  mutating func apply(to block: inout MutableSpan<Float>, columns: Int) {
    if rule.density >= 1 { return }
    if steps.count != columns {
      steps = (0..<columns).map { rank in
        let p = rule.probability(rank: rank, of: columns)
        let limit = UInt64(max(0, (p * 0x1p53).rounded(.up)))
        return RowRanks.Step(limit: limit, factor: rule.dividesByProbability ? Float(1 / p) : 1)
      }
    }
    for start in stride(from: 0, to: block.count, by: columns) {
      ranks.spread(steps, over: block.span.extracting(start..<start + columns))
      RankedMask.drop(&block, from: start, ranks.limits, ranks.factors, &random)
    }
  }

  private static func drop(
    _ block: inout MutableSpan<Float>, from start: Int, _ limits: [UInt64], _ factors: [Float],
    _ random: inout RandomStream
  ) {
    let (limits, factors) = (limits.span, factors.span)
    precondition(limits.count == factors.count && start + limits.count <= block.count, "rows differ")
    // A copy of its own lets the loop keep the state in a register.
    var stream = random
    for i in 0..<limits.count {
      let draw = stream.next() >> 11
      let kept = block[start + i] * factors[i]
      block[start + i] = draw < limits[i] ? kept : 0
    }
    random = stream
  }
}

/// Deals out what belongs to the ranks of a row: to the smallest of its numbers the first, and so on.
private struct RowRanks {
  /// What belongs to a rank.
  struct Step {
    var limit: UInt64
    var factor: Float
  }

  /// The limit of each number; of equal magnitudes the first is the smaller.
  private(set) var limits: [UInt64] = []
  /// The factor of each number.
  private(set) var factors: [Float] = []
  private var order: [UInt64] = []
  private var sorted: [UInt64] = []
  private var counts = [Int32](repeating: 0, count: 256)

  /// Sorts by the sixteen leading bits in which magnitudes differ, eight at a time from the lower, and mends the few
  /// neighbours that share these; steps: one for each number of the row.
  mutating func spread(_ steps: [Step], over row: Span<Float>) {
    if limits.count != row.count {
      limits = Array(repeating: 0, count: row.count)
      factors = Array(repeating: 0, count: row.count)
      order = limits
      sorted = limits
    }
    RowRanks.number(row, &order)
    RowRanks.sort(order, by: 32, into: &sorted, &counts)
    RowRanks.sort(sorted, by: 40, into: &order, &counts)
    RowRanks.mend(&order, row)
    RowRanks.deal(steps, order, &limits, &factors)
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
    let spread = most >= least ? most - least : 0
    let shift = UInt32(max(0, 16 - spread.leadingZeroBitCount))
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
      let size = row[Int(moved & 0xffff_ffff)].magnitude
      var place = i
      while place > 0, order[place - 1] >> 32 == moved >> 32,
        row[Int(order[place - 1] & 0xffff_ffff)].magnitude > size
      {
        order[place] = order[place - 1]
        place -= 1
      }
      order[place] = moved
    }
  }

  private static func deal(
    _ steps: [Step], _ order: [UInt64], _ limits: inout [UInt64], _ factors: inout [Float]
  ) {
    let (steps, order) = (steps.span, order.span)
    var limits = limits.mutableSpan
    var factors = factors.mutableSpan
    precondition(steps.count == order.count, "\(steps.count) steps for \(order.count) numbers")
    for rank in 0..<order.count {
      let place = Int(order[rank] & 0xffff_ffff)
      limits[place] = steps[rank].limit
      factors[place] = steps[rank].factor
    }
  }
}
