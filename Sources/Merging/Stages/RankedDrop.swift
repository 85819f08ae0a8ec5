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
  private var order: [UInt64] = []
  private var ranks: [Int] = []

  init(rule: RankedDrop, random: RandomStream) {
    self.rule = rule
    self.random = random
  }

  mutating func apply(to block: inout MutableSpan<Float>, columns: Int) {
    if rule.density >= 1 { return }
    for start in stride(from: 0, to: block.count, by: columns) {
      rankRow(block.span.extracting(start..<start + columns))
      for i in 0..<columns {
        let p = rule.probability(rank: ranks[i], of: columns)
        let factor = rule.dividesByProbability ? Float(1 / p) : 1
        block[start + i] = random.uniform() < p ? block[start + i] * factor : 0
      }
    }
  }

  /// Sorts by magnitude, eleven bits at a time from the lowest; equal ones stay in order.
  private mutating func rankRow(_ row: Span<Float>) {
    let count = row.count
    order = (0..<count).map { UInt64(OrderStatistic.key(row[$0], .magnitude)) << 32 | UInt64($0) }
    var sorted = order
    for shift in [32, 43, 54] as [UInt64] {
      var starts = [Int](repeating: 0, count: (1 << 11) + 1)
      for pair in order { starts[Int(pair >> shift & 0x7ff) + 1] += 1 }
      for bin in 1..<starts.count { starts[bin] += starts[bin - 1] }
      for pair in order {
        let bin = Int(pair >> shift & 0x7ff)
        sorted[starts[bin]] = pair
        starts[bin] += 1
      }
      swap(&order, &sorted)
    }
    ranks = Array(repeating: 0, count: count)
    for (rank, pair) in order.enumerated() { ranks[Int(pair & 0xffff_ffff)] = rank }
  }
}
