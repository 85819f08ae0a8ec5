internal import Basics
internal import LinearAlgebra

/// Reinforced Agent Merging: what one model alone changed stays whole, what several changed is averaged.
///
/// A model touches an entry where |θ_t − θ_0| > ε; changes that are not larger count as none. Source: arXiv:2601.13572;
/// mergekit `ram`, `ramplus_tl`.
extension CheckpointMethod {
  private static let leastTouch = ParameterSpec(
    "epsilon", .number(0...1e6), default: .number(1e-5), "a model touches an entry that it changed by more")

  /// θ_0 + the mean of the changes of those that touch an entry.
  static let ram = CheckpointMethod(
    name: "ram", summary: "every entry the mean change of the models that changed it at all", base: .origin,
    shared: [leastTouch, .int8Mask]
  ) { tensors, sink in
    let epsilon = Float(tensors.shared.number("epsilon"))
    try tensors.send(tensors.changes, to: sink) { blocks, _, sums in
      Reinforced.add(blocks, epsilon, gains: blocks.map { _ in 1 }, to: &sums)
    }
  }

  /// The same, with what a model alone changed times 1 + r·min(ρ_t, α), ρ_t its shared over its own entries.
  ///
  /// mergekit counts them per tensor (`tl`), the paper over the whole model.
  static let ramPlus = CheckpointMethod(
    name: "ramplus_tl", summary: "ram with more of what one model alone changed, per tensor", base: .origin,
    shared: [
      ParameterSpec("r", .number(0...1000), default: .number(0.1), "how much more"),
      ParameterSpec(
        "alpha", .number(0...1000), default: .number(0.2), "the most that shared over own counts"),
      leastTouch, .int8Mask,
    ]
  ) { tensors, sink in
    let epsilon = Float(tensors.shared.number("epsilon"))
    let (r, most) = (tensors.shared.number("r"), tensors.shared.number("alpha"))
    var (shared, own) = (tensors.models.map { _ in 0 }, tensors.models.map { _ in 0 })
    ChangeRows.forEachBlock(tensors.changes) { blocks in
      Reinforced.count(blocks[...], epsilon, shared: &shared, own: &own)
    }
    let gains = zip(shared, own).map { shared, own in
      1 + r * min(most, Double(shared) / max(Double(own), Double(epsilon)))
    }
    try tensors.send(tensors.changes, to: sink) { blocks, _, sums in
      Reinforced.add(blocks, epsilon, gains: gains, to: &sums)
    }
  }
}

/// Entries by how many models touch them.
private enum Reinforced {
  /// How many models touch each entry.
  private static func touches(_ blocks: ArraySlice<Matrix>, _ epsilon: Float) -> [Int32] {
    var touches = [Int32](repeating: 0, count: blocks.first?.count ?? 0)
    for block in blocks {
      block.withSpan { for i in 0..<$0.count where abs($0[i]) > epsilon { touches[i] += 1 } }
    }
    return touches
  }

  /// Counts the entries that each model touches with others and alone.
  static func count(
    _ blocks: ArraySlice<Matrix>, _ epsilon: Float, shared: inout [Int], own: inout [Int]
  ) {
    let touches = touches(blocks, epsilon)
    for (t, block) in blocks.enumerated() {
      block.withSpan {
        for i in 0..<$0.count where abs($0[i]) > epsilon {
          if touches[i] > 1 { shared[t] += 1 } else { own[t] += 1 }
        }
      }
    }
  }

  static func add(_ blocks: ArraySlice<Matrix>, _ epsilon: Float, gains: [Double], to sums: inout [Double]) {
    let touches = touches(blocks, epsilon)
    for (t, block) in blocks.enumerated() {
      block.withSpan {
        for i in 0..<$0.count where abs($0[i]) > epsilon {
          sums[i] += Double($0[i]) * (touches[i] > 1 ? 1 / Double(touches[i]) : gains[t])
        }
      }
    }
  }
}
