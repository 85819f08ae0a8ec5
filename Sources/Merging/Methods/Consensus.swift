internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Consensus merging: of the summed change only the entries that serve at least k models.
  ///
  /// k = 1 drops what serves nobody, k = 2 also what serves one model alone. Source: Wang et al. 2024,
  /// arXiv:2405.07813, sections 3 and 4. Weights are in τ alone. `vector: ties` trims the whole model to
  /// `density`. The masks of single tasks: `tall_masks`.
  static let consensus = MergeMethod(
    name: "consensus", summary: "the summed change where it serves enough of the models", paper: "2405.07813",
    notes: MergeNotes(
      formula: """
        λ·τ where Σ_t [|ΔW_t| > λ_m·|τ − ΔW_t|] ≥ k, else 0; τ = Σ w_t·ΔW_t or the TIES sum of what agrees
        """,
      cost: """
        entry by entry on row blocks of all models: one pass, one or two more for ties, each 2·r FLOPs an entry \
        and model; the full result is cut to a rank
        """,
      sweep: "mask_lambda 0.2…0.6; scale 0…1 in 21 steps",
      differences: "the paper chooses λ_m of every task on validation; here all tasks share one"),
    parameters: [
      TALLMasked.vector,
      ParameterSpec("k", .integer(0...1024), default: .number(2), "how many models an entry must serve"),
      TALLMasked.maskLambda, TALLMasked.density, .scale(0.3),
    ],
    neutral: ["density": .number(1), "k": .number(1), "scale": .number(1)],
    requirements: enoughModels
  ) {
    TALLMasked($0, keeps: .servingAtLeast($0.integer("k")), scale: $0.number("scale"))
  }

  private static let enoughModels: Requirements = { parameters, weights throws(Diagnostic) in
    guard parameters.integer("k") > weights.count else { return }
    throw Diagnostic(
      "no entry can serve \(parameters.integer("k")) of \(weights.count) models: the merge would be zero",
      hint: "k must be at most the number of models")
  }
}
