internal import Basics
internal import LinearAlgebra

/// A summed change τ where TALL masks let it through.
///
/// τ = Σ w_t·ΔW_t, or the TIES sum of what agrees with the sign Σ w_t·x̂_t of changes trimmed over the whole model. An entry
/// serves model t where |ΔW_t| > λ_m·|τ − ΔW_t|. Source: Wang et al. 2024, arXiv:2405.07813, section 3.
struct TALLMasked: Merging {
  /// Which entries of τ stay.
  enum Kept {
    /// Those that serve this many models.
    case servingAtLeast(Int)
    /// Those that serve this model.
    case serving(Int)
  }

  /// Which τ.
  enum Vector: String, CaseIterable {
    case taskArithmetic = "task_arithmetic"
    case ties
  }

  let elects: Bool
  let keeps: Kept
  let maskLambda: Double
  let scale: Double
  var trim: MagnitudeBand

  init(_ parameters: Parameters, keeps: Kept, scale: Double) {
    elects = parameters.choice(Vector.self, "vector") == .ties
    self.keeps = keeps
    maskLambda = parameters.number("mask_lambda")
    self.scale = scale
    trim = MagnitudeBand(density: parameters.number("density"), scope: .model)
  }

  /// Whether an entry of τ serves a model whose own change there is this: m_t.
  func serves(_ own: Double, _ together: Double) -> Bool {
    own.magnitude > maskLambda * (together - own).magnitude
  }

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?]) throws {
    if elects, trim.looksAtWholeModels { trim.prepare(sites.map { ChangeRows.all(deltas($0)) }) }
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let voices = weights.map { Voice(vote: $0, weight: $0, part: 1) }
    var sum = EntrySum(elect: elects ? .weighted : nil, voices: voices, divides: false, scale: 1)
    let changes = elects ? ChangeRows.all(deltas) : []
    var masks = changes.enumerated().map { trim.mask(of: $1, model: $0, random: random) }
    let merged = mergeByBlocks(deltas) { blocks, merged in
      var together: [Double] = []
      if elects {
        let trimmed = blocks.map { $0.copied() }
        for (t, block) in trimmed.enumerated() {
          block.withMutableSpan { masks[t].apply(to: &$0, columns: block.columns) }
        }
        together = sum.sums(of: trimmed[...])
      } else {
        together = sum.sums(of: blocks[...])
      }
      keep(blocks, together, &merged)
    }
    return Merged(.dense(merged), defaultRank: try sumOfRanks(deltas))
  }

  /// λ·τ where enough of the models are served.
  private func keep(_ blocks: [Matrix], _ together: [Double], _ merged: inout [Double]) {
    let (heard, least) =
      switch keeps {
      case .servingAtLeast(let k): (blocks, Double(k))
      case .serving(let task): ([blocks[task]], 1)
      }
    for block in heard {
      block.withSpan { span in
        for i in 0..<span.count {
          merged[i] += serves(Double(span[i]), together[i]) ? 1 : 0
        }
      }
    }
    for i in 0..<merged.count { merged[i] = merged[i] >= least ? scale * together[i] : 0 }
  }
}

extension TALLMasked {
  /// Which τ.
  static let vector = ParameterSpec.choice(
    "vector", default: Vector.taskArithmetic,
    "the change that is masked: the weighted sum, or the sum of trimmed entries of the elected sign")

  /// λ_m.
  static let maskLambda = ParameterSpec(
    "mask_lambda", .number(0...10), default: .number(0.4), usual: [0.2, 0.4, 0.6],
    "an entry serves a model whose own change exceeds this times the distance from the sum to it")

  /// The share kept by the trim of ties; a grid would make the same merge of a plain sum again and again.
  static let density = ParameterSpec.density(
    0.2, usual: [], "share of the entries kept per model where the vector is that of ties")
}
