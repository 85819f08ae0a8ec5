internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// MagMax: every entry is that of the model that changed it most.
  ///
  /// Of equal magnitudes the last model's. Source: Marczak et al. 2024, arXiv:2407.06322.
  static let magMax = MergeMethod(
    name: "magmax", summary: "every entry from the model that changed it most", paper: "2407.06322",
    notes: MergeNotes(
      formula: "λ·w_t·ΔW_t[i, j] of the t with the largest |w_t·ΔW_t[i, j]|",
      cost: """
        entry by entry on row blocks of all models: one pass, each 2·r FLOPs an entry and model; the full \
        result is cut to a rank
        """,
      sweep: "scale 0.1…1"),
    parameters: [.scale(0.5)], neutral: ["scale": .number(1)]
  ) { MagMax(scale: $0.number("scale")) }
}

struct MagMax: Merging {
  let scale: Double

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let merged = mergeByBlocks(deltas) { blocks, merged in
      MagMax.largest(blocks[...], weights, scale: scale, &merged)
    }
    return Merged(.dense(merged), defaultRank: try sumOfRanks(deltas))
  }

  /// Turns zeros into λ times the largest weighted entries of a block of every model.
  static func largest(
    _ blocks: ArraySlice<Matrix>, _ weights: [Double], scale: Double, _ merged: inout [Double]
  ) {
    for (block, weight) in zip(blocks, weights) {
      block.withSpan { span in
        for i in 0..<span.count {
          let x = weight * Double(span[i])
          merged[i] = x.magnitude >= merged[i].magnitude ? x : merged[i]
        }
      }
    }
    for i in 0..<merged.count { merged[i] *= scale }
  }
}
