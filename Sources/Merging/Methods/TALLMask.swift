internal import Basics

extension MergeMethod {
  /// TALL masks: the model that one task is served with, the summed change where it serves that task.
  ///
  /// Source: Wang et al. 2024, arXiv:2405.07813, section 3. A merged adapter holds one task's model; the method keeps τ
  /// once and a bit per entry and task. Weights are in τ alone.
  static let tallMask = MergeMethod(
    name: "tall_mask", summary: "the summed change where it serves one task: that task's model",
    paper: "2405.07813",
    notes: MergeNotes(
      formula: """
        λ·[|ΔW_t| > λ_m·|τ − ΔW_t|] ⊙ τ of the task t; τ = Σ w_t·ΔW_t or the TIES sum of what agrees
        """,
      cost: """
        entry by entry on row blocks of all models: one pass, one or two more for ties, each 2·r FLOPs an entry and \
        model; the full result is cut to a rank
        """,
      sweep: "mask_lambda 0.2…0.6, chosen for every task on validation",
      differences: """
        the paper's mask is exact; in an adapter it is cut to a rank, and the retained energy says what is left \
        of it
        """),
    parameters: [
      ParameterSpec(
        "task", .integer(1...1024), default: .number(1), "whose mask: a model, counted from 1 in their order"),
      TALLMasked.vector, TALLMasked.maskLambda, TALLMasked.density, .scale(1),
    ],
    neutral: ["density": .number(1), "task": .number(1), "scale": .number(1)], symmetric: false,
    requirements: knownTask
  ) { TALLMasked($0, keeps: .serving($0.integer("task") - 1), scale: $0.number("scale")) }
}
