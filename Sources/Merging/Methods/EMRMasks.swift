internal import Adapters
internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// EMR-Merging: one unified change for all tasks, and for each a mask and a factor; the task must be known.
  ///
  /// With τ_t = w_t·ΔW_t: the unified τ has at every entry the sign of Σ τ_t (zero counts as −) and the largest |τ_t| of
  /// that sign; M_t = [τ_t·τ > 0]; λ_t = Σ |τ_t| ÷ Σ |M_t·τ| over the whole model. Task t is served by
  /// W₀ + λ_t·M_t·τ, another task by W₀ + τ.
  /// Source: Huang et al. 2024, arXiv:2405.17461, section 3; its code sums the means of the tensors in λ_t instead of all
  /// entries. Space: τ has no low rank, so it is kept in full with a bit an entry and task: for adapters of small rank
  /// that is more than all experts take, and the tables say how much. Cost: two passes over the entries of all models.
  static let emrMasks = MergeMethod(
    name: "emr_masks",
    summary: "one unified change, and for every task a mask and a factor (the task is known)",
    paper: "2405.17461",
    notes: MergeNotes(
      formula: """
        W₀ + λ_t·M_t ⊙ τ for task t, τ the unified change of emr, M_t = [w_t·ΔW_t·τ > 0]
        """,
      cost: """
        τ in full and a bit an entry and task; two passes over the entries of all models
        """,
      differences: """
        the code sums the means of the tensors in λ_t; here, as in the paper, all entries
        """), parameters: [],
    form: .routed { _ in EMRMasks() })
}

private struct EMRMasks: Routing {
  let serving = ServedBy.task

  func model(of experts: [RoutedExpert], seed: Int) throws -> Routed {
    var full: [(path: String, change: Matrix)] = []
    var parts = experts.map { RoutedModel.Part(name: $0.name, tasks: $0.tasks) }
    var shares = experts.map { _ in EMRShare() }
    for path in RoutedMerger.paths(of: experts) {
      let deltas = experts.map { expert in expert.delta(path)?.scaled(by: expert.weight) }
      let merged = try EMR(scale: 1).merge(
        deltas, weights: deltas.map { _ in 1 }, at: path, random: RandomStream(seed: 0, path))
      guard case .dense(let unified) = merged.delta else { preconditionFailure("emr gives full matrices") }
      let change = unified.matrix
      let masks = EntryMasks.of(deltas, unified: unified) { shares[$0].takes($1, of: $2) }
      full.append((path, change))
      for t in parts.indices { parts[t].masks.append((path, masks[t])) }
    }
    for t in parts.indices { parts[t].scale = shares[t].factor }
    return Routed(RoutedModel(method: "emr_masks", full: full, parts: parts, gate: .task))
  }
}

/// Masks of a layer, by every entry of every model's change and of a unified one.
enum EntryMasks {
  static func of(
    _ deltas: [LowRank?], unified: DoubleMatrix,
    _ keeps: (_ model: Int, _ entry: Double, _ unified: Double) -> Bool
  ) -> [BitMask] {
    var masks = deltas.map { _ in BitMask(rows: unified.rows, columns: unified.columns) }
    var start = 0
    ChangeRows.forEachBlock(ChangeRows.all(deltas)) { blocks in
      for (t, block) in blocks.enumerated() {
        block.withSpan { span in
          for i in 0..<span.count where keeps(t, Double(span[i]), unified.values[start + i]) {
            masks[t][start + i] = true
          }
        }
      }
      start += blocks[0].count
    }
    return masks
  }
}
