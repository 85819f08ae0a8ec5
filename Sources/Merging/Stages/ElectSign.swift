internal import LinearAlgebra

/// How the sign of an entry is elected.
enum ElectSign: String, CaseIterable, Sendable {
  /// That of Σ w_t·x_t: mergekit.
  case weighted
  /// That of Σ x_t: the paper, PEFT's `total`.
  case unweighted
  /// That of Σ sign x_t: PEFT's `frequency`, mergekit's `count`.
  case count
}

/// What the sum of an entry is divided by.
enum Divisor: String, CaseIterable, Sendable {
  /// Σ |w_t| of the models that take part.
  case weights = "weighted_mean"
  /// The number of models that take part.
  case number = "mean"
  /// Nothing.
  case one = "sum"
}

/// What one model brings to the sum of its entries x.
struct Voice {
  /// The number v of its vote v·x for the sign.
  var vote: Double
  /// The number w of its term w·x.
  var weight: Double
  /// Its part of the divisor.
  var part: Double
}

/// Sums the entries of all models, or of those that agree with an elected sign, block by block.
///
/// Per entry: s = sign Σ v_t·x_t, zero counting as + ; then Σ w_t·x_t ÷ Σ part_t over the t with sign(v_t·x_t) = s; an
/// exact zero never agrees, and where nobody agrees the result is 0. Without an election it is Σ w_t·x_t of all.
/// Source: Yadav et al. 2023, arXiv:2306.01708, section 3 (elect and disjoint merge). The original gives a zero sum the
/// majority's sign of the whole model; mergekit and PEFT give it +, as here. Sums in doubles: no order of the models
/// changes a sign. Cost: a few operations per entry and model.
struct EntrySum {
  /// nil: all models take part.
  let elect: ElectSign?
  let voices: [Voice]
  /// Whether the sum is divided by the parts of those that agree.
  let divides: Bool
  /// A factor on the result.
  let scale: Double
  private var votes: [Double] = []
  private var sums: [Double] = []
  private var parts: [Double] = []

  init(elect: ElectSign?, voices: [Voice], divides: Bool, scale: Double) {
    self.elect = elect
    self.voices = voices
    self.divides = divides
    self.scale = scale
  }

  /// The merged numbers of a block of every model.
  mutating func sums(of blocks: ArraySlice<Matrix>) -> [Double] {
    let count = blocks.first?.count ?? 0
    sums.reset(count)
    guard let elect else {
      for (block, voice) in zip(blocks, voices) {
        let weight = voice.weight * scale
        block.withSpan { EntrySum.add($0, weight, to: &sums) }
      }
      return sums
    }
    votes.reset(count)
    parts.reset(count)
    for (block, voice) in zip(blocks, voices) {
      block.withSpan {
        elect == .count ? EntrySum.addSigns($0, to: &votes) : EntrySum.add($0, voice.vote, to: &votes)
      }
    }
    for (block, voice) in zip(blocks, voices) {
      block.withSpan { EntrySum.addAgreeing($0, voice, votes, &sums, &parts) }
    }
    EntrySum.finish(&sums, divides ? parts : nil, scale)
    return sums
  }

  private static func add(_ block: Span<Float>, _ weight: Double, to sums: inout [Double]) {
    precondition(block.count == sums.count, "\(block.count) numbers for \(sums.count) sums")
    var sums = sums.mutableSpan
    for i in 0..<sums.count { sums[i] += weight * Double(block[i]) }
  }

  private static func addSigns(_ block: Span<Float>, to votes: inout [Double]) {
    precondition(block.count == votes.count, "\(block.count) numbers for \(votes.count) votes")
    var votes = votes.mutableSpan
    for i in 0..<votes.count { votes[i] += block[i] > 0 ? 1 : (block[i] < 0 ? -1 : 0) }
  }

  private static func addAgreeing(
    _ block: Span<Float>, _ voice: Voice, _ votes: [Double], _ sums: inout [Double], _ parts: inout [Double]
  ) {
    let votes = votes.span
    var sums = sums.mutableSpan
    var parts = parts.mutableSpan
    let count = sums.count
    precondition(block.count == count && votes.count == count && parts.count == count, "blocks differ")
    let sign: Float = voice.vote < 0 ? -1 : 1
    for i in 0..<count {
      let signed = sign * block[i]
      let agrees: Double = (votes[i] >= 0 ? signed : -signed) > 0 ? 1 : 0
      sums[i] += agrees * voice.weight * Double(block[i])
      parts[i] += agrees * voice.part
    }
  }

  private static func finish(_ sums: inout [Double], _ parts: [Double]?, _ scale: Double) {
    var sums = sums.mutableSpan
    guard let parts = parts?.span else {
      for i in 0..<sums.count { sums[i] *= scale }
      return
    }
    precondition(parts.count == sums.count, "\(parts.count) parts of \(sums.count) sums")
    for i in 0..<sums.count {
      let part = parts[i] > 0 ? parts[i] : 1
      sums[i] = sums[i] / part * scale
    }
  }
}

extension [Double] {
  /// Becomes so many zeros in the memory it has.
  mutating func reset(_ count: Int) {
    removeAll(keepingCapacity: true)
    append(contentsOf: repeatElement(0, count: count))
  }
}
