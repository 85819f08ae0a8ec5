internal import Basics
internal import Checkpoints
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
    parameters: [
      ParameterSpec(
        "vector", .choice(["task_arithmetic", "ties"]), default: .text("task_arithmetic"),
        "the change that is masked: the weighted sum, or the sum of trimmed entries of the elected sign"),
      ParameterSpec(
        "mask_lambda", .number(0...10), default: .number(0.4), usual: [0.2, 0.3, 0.4, 0.5, 0.6],
        "an entry serves a model whose own change exceeds this times the distance from the sum to it"),
      .density(0.2, "share of the entries kept per model where the vector is that of ties"),
    ]
  ) {
    TALLMasks(
      elects: $0.text("vector") == "ties", lambda: $0.number("mask_lambda"), density: $0.number("density"))
  }
}

private struct TALLMasks: Routing {
  let elects: Bool
  let lambda: Double
  let density: Double
  let serving = ServedBy.task

  func model(of experts: [RoutedExpert]) throws -> Routed {
    var parts = experts.map { RoutedModel.Part(name: $0.name, tasks: $0.tasks) }
    var full: [(path: String, change: Matrix)] = []
    var factors: [(path: String, change: LowRank)] = []
    let weights = experts.map(\.weight)
    let paths = RoutedMerger.paths(of: experts)
    var ties = try electing()
    if elects {
      try ties.prepare(sites: paths, deltas: { path in experts.map { $0.delta(path) } }, weights: weights)
    }
    for path in paths {
      let deltas = experts.map { $0.delta(path) }
      let unified: DoubleMatrix
      if elects {
        let merged = try ties.merge(deltas, weights: weights, at: path, random: RandomStream(seed: 0, path))
        guard case .dense(let sum) = merged.delta else { preconditionFailure("ties gives full matrices") }
        unified = sum
        full.append((path, sum.matrix))
      } else {
        let sum = weightedSum(deltas, weights)
        unified = sum.dense
        factors.append((path, sum))
      }
      let masks = EntryMasks.of(deltas, unified: unified) { _, own, together in
        abs(own) > lambda * abs(together - own)
      }
      for t in parts.indices { parts[t].masks.append((path, masks[t])) }
    }
    return Routed(
      RoutedModel(
        method: "tall_masks", unified: elects ? nil : Adapter(name: "sum", factors), full: full, parts: parts,
        gate: .task))
  }

  /// TIES as the paper's code has it: the whole model trimmed, the sum of what agrees.
  private func electing() throws -> any Merging {
    let parameters = try Parameters(
      [
        "density": .number(density), "trim_scope": .text("model"), "combine": .text("sum"),
      ], for: MergeMethod.ties.parameters, of: "merge method 'tall_masks'")
    return SparseMerge(parameters, elects: true, sparsify: MergeMethod.trim(parameters))
  }
}
