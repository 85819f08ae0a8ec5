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
    dividesByProbability = parameters.choice(Rescale.self, "rescale") == .inverseDensity
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
  private var steps: [Step] = []
  private var ranks = RowRanks()
  /// The same of each entry of a row.
  private var limits: [UInt64] = []
  private var factors: [Float] = []

  private struct Step {
    var limit: UInt64
    var factor: Float
  }

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
        return Step(limit: limit, factor: rule.dividesByProbability ? Float(1 / p) : 1)
      }
      limits = Array(repeating: 0, count: columns)
      factors = Array(repeating: 0, count: columns)
    }
    for start in stride(from: 0, to: block.count, by: columns) {
      ranks.sort(block.span.extracting(start..<start + columns))
      RankedMask.deal(steps, ranks.order, &limits, &factors)
      RankedMask.drop(&block, from: start, limits, factors, &random)
    }
  }

  /// Gives the smallest entry what belongs to the first rank, and so on.
  private static func deal(
    _ steps: [Step], _ order: [UInt64], _ limits: inout [UInt64], _ factors: inout [Float]
  ) {
    let (steps, order) = (steps.span, order.span)
    var limits = limits.mutableSpan
    var factors = factors.mutableSpan
    precondition(steps.count == order.count, "\(steps.count) steps for \(order.count) numbers")
    for rank in 0..<order.count {
      let place = RowRanks.place(order[rank])
      limits[place] = steps[rank].limit
      factors[place] = steps[rank].factor
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
