internal import Basics

extension MergeMethod {
  /// TIES: trim every change to its largest entries, elect a sign per entry, combine what agrees with it.
  ///
  /// x̂_t is the trimmed ΔW_t; see `EntrySum`. Source: Yadav et al. 2023, arXiv:2306.01708, section 3. Stages:
  /// `SparseMerge`.
  static let ties = MergeMethod(
    name: "ties",
    summary: "trim small entries, elect a sign per entry, average the entries that agree with it",
    paper: "2306.01708",
    notes: MergeNotes(
      formula: "λ·Σ w_t·x̂_t ÷ Σ |w_t| over the t that agree with sign Σ w_t·x̂_t",
      cost: """
        entry by entry on row blocks of all models: two or three passes, each 2·r FLOPs an entry and model; the \
        full result is cut to a rank
        """,
      sweep: "density 0.1, 0.2, 0.3; scale 0.8…2.5 in steps of 0.1",
      differences: """
        the paper trims over the whole model, elects without weights and takes the plain mean (ties@paper; \
        its code keeps one entry more and gives a sum of zero the majority's sign). mergekit trims per \
        matrix and divides by the signed sum of the agreeing weights, where |w| here keeps the meaning of \
        negative ones (ties@mergekit). PEFT works on A and B separately (ties@peft), its ties_svd on ΔW. \
        FusionBench sums by default
        """),
    parameters: [
      .density(0.2), .scale(1), .trimScope([.tensor, .model, .factor], default: .tensor),
      .rescale(.none), .elect(.weighted), .combine(.weights),
    ],
    neutral: ["density": .number(1), "scale": .number(1)]
  ) { SparseMerge($0, elects: true, sparsify: trim($0)) }

  /// The paper's stages.
  static let tiesPaper = preset(
    "paper", of: .ties, "ties as its paper has it: trim the whole model, unweighted signs, plain mean",
    ["trim_scope": .text("model"), "elect": .text("unweighted"), "combine": .text("mean")])

  /// mergekit's stages and its density.
  static let tiesMergekit = preset(
    "mergekit", of: .ties,
    "ties as mergekit has it: trim each matrix (by default not at all), weighted signs and mean",
    ["density": .number(1)])

  /// PEFT's stages.
  static let tiesPEFT = preset(
    "peft", of: .ties, "ties as PEFT has it: on A and on B separately, which mixes their products",
    ["trim_scope": .text("factor"), "elect": .text("unweighted"), "combine": .text("mean")])

  /// The trim by magnitude that parameters ask for.
  static func trim(_ parameters: Parameters) -> MagnitudeBand {
    MagnitudeBand(density: parameters.number("density"), scope: parameters.trimScope.band)
  }
}
