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
  /// Of each rank in a row, its probability and what a kept entry is multiplied by.
  private var steps: [(probability: Double, factor: Float)] = []
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
        return (p, rule.dividesByProbability ? Float(1 / p) : 1)
      }
    }
    for start in stride(from: 0, to: block.count, by: columns) {
      ranks.rank(block.span.extracting(start..<start + columns))
      RankedMask.drop(&block, from: start, ranks.ranks, steps, &random)
    }
  }

  private static func drop(
    _ block: inout MutableSpan<Float>, from start: Int, _ ranks: [Int32],
    _ steps: [(probability: Double, factor: Float)], _ random: inout RandomStream
  ) {
    let (ranks, steps) = (ranks.span, steps.span)
    // A copy of its own lets the loop keep the state in a register.
    var stream = random
    for i in 0..<ranks.count {
      let (probability, factor) = steps[Int(ranks[i])]
      block[start + i] = stream.uniform() < probability ? block[start + i] * factor : 0
    }
    random = stream
  }
}

/// Ranks the numbers of a row by their magnitudes.
private struct RowRanks {
  /// Of each number, how many are smaller; of equal ones the first is the smaller.
  private(set) var ranks: [Int32] = []
  private var order: [UInt64] = []
  private var sorted: [UInt64] = []
  private var counts = [Int32](repeating: 0, count: 256)

  /// Sorts eight bits at a time from the lowest; larger digits would spend more on counters than on a row's numbers.
  mutating func rank(_ row: Span<Float>) {
    if ranks.count != row.count {
      ranks = Array(repeating: 0, count: row.count)
      order = Array(repeating: 0, count: row.count)
      sorted = order
    }
    for i in 0..<row.count {
      order[i] = UInt64(OrderStatistic.key(row[i], .magnitude)) << 32 | UInt64(i)
    }
    for shift in [32, 40, 48, 56] as [UInt64] {
      RowRanks.sort(order, by: shift, into: &sorted, &counts)
      swap(&order, &sorted)
    }
    RowRanks.number(order, &ranks)
  }

  private static func number(_ order: [UInt64], _ ranks: inout [Int32]) {
    let order = order.span
    var ranks = ranks.mutableSpan
    for rank in 0..<order.count { ranks[Int(order[rank] & 0xffff_ffff)] = Int32(truncatingIfNeeded: rank) }
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
}
