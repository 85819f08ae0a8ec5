internal import Adapters
internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// TALL masks: the summed change of all tasks, and for each the mask of what it needs of it; the task must be known.
  ///
  /// With τ = Σ w_t·ΔW_t (or the TIES sum of what agrees): m_t = [|ΔW_t| > λ_m·|τ − ΔW_t|], and task t is served by
  /// W₀ + m_t·τ, another task by W₀ + τ. Source: Wang et al. 2024, arXiv:2405.07813, section 3. The paper chooses λ_m in
  /// 0.2…0.6 for every task on validation; here all tasks share it, and a grid chooses it. `vector: ties` trims the
  /// whole model to `density`. Space: τ in stacked factors (`ties`: in full) and a bit an entry and task.
  /// Cost: one pass over the entries of all models, three more for ties.
  static let tallMasks = MergeMethod(
    name: "tall_masks",
    summary: "the summed change, and for every task a mask of what it needs of it (the task is known)",
    paper: "2405.07813",
    notes: MergeNotes(
      formula: """
        W₀ + [|ΔW_t| > λ_m·|τ − ΔW_t|] ⊙ τ for task t, τ = Σ w_t·ΔW_t or the TIES sum of what agrees
        """,
      cost: """
        τ in stacked factors (ties: in full) and a bit an entry and task; one pass over the entries, three more for ties
        """,
      differences: """
        the paper chooses λ_m of every task on validation; here all tasks share it
        """),
    parameters: [TALLMasked.vector, TALLMasked.maskLambda, TALLMasked.density],
    // The whole of τ: its masks stand beside it.
    form: .routed { TALLMasks(summed: TALLMasked($0, keeps: .servingAtLeast(0), scale: 1)) })
}

private struct TALLMasks: Routing {
  let summed: TALLMasked
  let serving = ServedBy.task

  func model(of experts: [RoutedExpert], seed: Int) throws -> Routed {
    var parts = experts.map { RoutedModel.Part(name: $0.name, tasks: $0.tasks) }
    var full: [(path: String, change: Matrix)] = []
    var factors: [(path: String, change: LowRank)] = []
    let weights = experts.map(\.weight)
    let paths = RoutedMerger.paths(of: experts)
    var summed = summed
    try summed.prepare(sites: paths, deltas: { path in experts.map { $0.delta(path) } })
    for path in paths {
      let deltas = experts.map { $0.delta(path) }
      let unified: DoubleMatrix
      if summed.elects {
        let merged = try summed.merge(deltas, weights: weights, at: path, random: RandomStream(seed: seed))
        guard case .dense(let sum) = merged.delta else { preconditionFailure("ties gives full matrices") }
        unified = sum
        full.append((path, sum.matrix))
      } else {
        let sum = weightedSum(deltas, weights)
        unified = sum.dense
        factors.append((path, sum))
      }
      let masks = EntryMasks.of(deltas, unified: unified) { summed.serves($1, $2) }
      for t in parts.indices { parts[t].masks.append((path, masks[t])) }
    }
    return Routed(
      RoutedModel(
        method: "tall_masks", unified: summed.elects ? nil : Adapter(name: "sum", factors), full: full,
        parts: parts, gate: .task))
  }
}
