internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// One round of federated averaging: the models are clients whose changes a server averages.
  ///
  /// Source: Tao et al. 2024, arXiv:2411.18607, with its published code. `weighting` names the average: `mean`;
  /// `nova` (FedNova): who took many local steps counts less, the weights being the numbers of steps K; `gma`
  /// (gradient mask): the mean, times the agreement |Σ sign(w_t·ΔW_t)| ÷ T of an entry where that is below
  /// `agreement`; `median` per entry, a weight counting an entry as often as it says; `cclip`: the mean of
  /// changes first shortened to the length ρ = least + `clip`·(greatest − least length) over the whole model. A
  /// negative weight takes a model away. Inner products for `mean`, `nova` and `cclip`; entries for `gma` and
  /// `median`.
  static let fedAvg = MergeMethod(
    name: "fedavg", summary: "one round of federated averaging, with a choice of robust averages",
    paper: "2411.18607",
    notes: MergeNotes(
      formula: """
        mean: λ·Σ w_t·ΔW_t ÷ Σ |w_t|; nova: λ·Σ mean(K) ÷ (T·K_t)·ΔW_t, the weights being steps K; gma: \
        the mean ⊙ (a ≥ agreement ? 1 : a), a = |Σ sign| ÷ T; median: λ·median per entry; cclip: the mean \
        of ΔW_t·min(1, ρ ÷ ‖τ_t‖)
        """,
      cost: "in factors for mean, nova and cclip; entry by entry in one pass for gma and median",
      sweep: "agreement 0.1…0.9; clip 0…1",
      differences: """
        the code sums where gma and cclip average here: that is scale = Σ |w_t|; between two middles the \
        median is their mean, in the code the lower one
        """),
    parameters: [
      .choice(
        "weighting", default: Weighting.mean,
        "the average: plain, by local steps (the weights), masked by agreement, median, or of clipped changes"
      ),
      .scale(1, "factor λ on the average"),
      ParameterSpec(
        "agreement", .number(0...1), default: .number(0.8),
        "for gma: the share of agreeing signs from which an entry stays as it is"),
      ParameterSpec(
        "clip", .number(0...1), default: .number(0.5),
        "for cclip: the length to clip to, between the least (0) and the greatest (1) of the models"),
    ],
    neutral: ["scale": .number(1)]
  ) {
    FedAvg(
      weighting: $0.choice(Weighting.self, "weighting"), scale: $0.number("scale"),
      agreement: $0.number("agreement"),
      clip: $0.number("clip"))
  }
}

/// The kinds of averages.
private enum Weighting: String, CaseIterable { case mean, nova, gma, median, cclip }

private struct FedAvg: Merging {
  let weighting: Weighting
  let scale: Double
  let agreement: Double
  let clip: Double
  /// min(1, ρ ÷ ‖τ_t‖) per model, for `cclip`.
  var shortening: [Double] = []

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?]) throws {
    guard weighting == .cclip else { return }
    let norms = Gram(sites: sites, deltas: deltas).norms
    let (least, greatest) = (norms.min() ?? 0, norms.max() ?? 0)
    let radius = least + clip * (greatest - least)
    shortening = norms.map { $0 > radius ? radius / $0 : 1 }
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let sizes = weights.map { abs($0) }
    let total = sizes.reduce(0, +)
    let shares = weights.map { $0 / total * scale }
    switch weighting {
    case .nova:
      let count = Double(weights.count)
      return Merged(.lowRank(weightedSum(deltas, weights.map { scale * total / (count * count * $0) })))
    case .cclip:
      return Merged(.lowRank(weightedSum(deltas, zip(shares, shortening).map { $0 * $1 })))
    case .gma:
      let merged = Entrywise.merge(deltas) { masked($0, shares) }
      return Merged(.dense(merged), defaultRank: try sumOfRanks(deltas))
    case .median:
      let merged = Entrywise.merge(deltas) { entries in
        for model in entries.indices where weights[model] < 0 { entries[model].negate() }
        return scale * WeightedMedian.of(&entries, sizes, half: total / 2)
      }
      return Merged(.dense(merged), defaultRank: try sumOfRanks(deltas))
    case .mean: return Merged(.lowRank(weightedSum(deltas, shares)))
    }
  }

  private func masked(_ entries: [Double], _ shares: [Double]) -> Double {
    var sum = 0.0
    var votes = 0
    for (entry, share) in zip(entries, shares) {
      let vote = share * entry
      sum += vote
      votes += vote > 0 ? 1 : vote < 0 ? -1 : 0
    }
    let share = abs(Double(votes)) / Double(entries.count)
    return share >= agreement ? sum : share * sum
  }
}

/// The middle of numbers with weights.
private enum WeightedMedian {
  /// The least x with at least half of the weight up to it; between two such the mean.
  ///
  /// Sorts the numbers by insertion: they are as many as there are models.
  static func of(_ numbers: inout [Double], _ weights: [Double], half: Double) -> Double {
    var order = Array(numbers.indices)
    for i in 1..<max(1, order.count) {
      var place = i
      while place > 0 && numbers[order[place]] < numbers[order[place - 1]] {
        order.swapAt(place, place - 1)
        place -= 1
      }
    }
    var below = 0.0
    for (place, number) in order.enumerated() {
      below += weights[number]
      if abs(below - half) <= 1e-12 * half, place + 1 < order.count {
        return (numbers[number] + numbers[order[place + 1]]) / 2
      }
      if below > half { return numbers[number] }
    }
    return numbers[order[order.count - 1]]
  }
}
