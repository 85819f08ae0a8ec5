internal import Basics

extension MergeMethod {
  /// Breadcrumbs' band (`breadcrumbs`) before TIES' election (`ties`): a combination that mergekit has.
  ///
  /// Source: mergekit's row of this name (`breadcrumbs_ties@mergekit`), after arXiv:2312.06795 and 2306.01708.
  /// Stages: `SparseMerge`.
  static let breadcrumbsTIES = MergeMethod(
    name: "breadcrumbs_ties",
    summary:
      "drop the largest and the small entries, elect a sign per entry, sum the entries that agree with it",
    paper: "2312.06795",
    notes: MergeNotes(
      formula: "λ·Σ w_t·x̂_t over the t that agree with sign Σ w_t·x̂_t",
      cost: """
        entry by entry on row blocks of all models: three to five passes, each 2·r FLOPs an entry and model; the \
        full result is cut to a rank
        """,
      sweep: "as breadcrumbs",
      differences: "as breadcrumbs"),
    parameters: [
      .density(0.2), .gamma, .scale(0.4), .trimScope([.tensor, .row], default: .tensor), .rescale(.none),
      .elect(.weighted), .combine(.one),
    ],
    neutral: ["density": .number(1), "scale": .number(1)]
  ) { SparseMerge($0, elects: true, sparsify: band($0)) }

  /// mergekit's stages.
  static let breadcrumbsTIESMergekit = preset(
    "mergekit", of: .breadcrumbsTIES,
    "breadcrumbs_ties as mergekit has it: the band of every matrix, by default everything",
    ["density": .number(1), "scale": .number(1)])
}
