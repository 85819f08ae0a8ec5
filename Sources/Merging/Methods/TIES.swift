internal import Basics

extension MergeMethod {
  /// TIES: trim every change to its largest entries, elect a sign per entry, combine what agrees with it.
  ///
  /// λ·Σ w_t·x̂_t ÷ Σ |w_t| over the t that agree with sign Σ w_t·x̂_t, x̂_t the trimmed ΔW_t; see `EntrySum`.
  /// Source: Yadav et al. 2023, arXiv:2306.01708, section 3. Space and cost: `SparseMerge`.
  /// The paper trims over the whole model, elects without weights and takes the plain mean (`ties@paper`; its code keeps
  /// one entry more, since it keeps all that are as large as the one below the limit). mergekit trims per matrix, elects
  /// on weighted changes and divides by the agreeing weights: the defaults here and `ties@mergekit`, which for negative
  /// weights divides by their signed sum, where |w| here keeps their meaning. PEFT's `ties` works on A and B separately
  /// (`ties@peft`); its `ties_svd` is `trim_scope: tensor`, `elect: unweighted`, `combine: mean`.
  static let ties = MergeMethod(
    name: "ties",
    summary: "trim small entries, elect a sign per entry, average the entries that agree with it",
    paper: "2306.01708",
    parameters: [
      .density(0.2), .scale(1), .trimScope(["tensor", "model", "factor"], default: "tensor"),
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

  /// The trim by magnitude that parameters ask for; factors are trimmed like matrices.
  static func trim(_ parameters: Parameters) -> MagnitudeBand {
    MagnitudeBand(
      density: parameters.number("density"), scope: .init(rawValue: parameters.text("trim_scope")) ?? .tensor)
  }
}
