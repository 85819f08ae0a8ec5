internal import Basics

extension MergeMethod {
  /// Breadcrumbs: of every change drop the very largest entries and the small ones, then sum.
  ///
  /// x̂_t is the band of ΔW_t that `MagnitudeBand` keeps; where both shares do not fit, density goes before
  /// gamma, as in mergekit. With density 1 outliers stay too. Source: Davari and Belilovsky 2023,
  /// arXiv:2312.06795. Stages: `SparseMerge`.
  static let breadcrumbs = MergeMethod(
    name: "breadcrumbs", summary: "weighted sum of the changes without their largest and their small entries",
    paper: "2312.06795",
    notes: MergeNotes(
      formula: """
        λ·Σ w_t·x̂_t, x̂_t without the share gamma of its largest entries and with the share density of \
        the next
        """,
      cost: """
        entry by entry on row blocks of all models: three to five passes, each 2·r FLOPs an entry and model; the \
        full result is cut to a rank
        """,
      sweep: "density 0.05…0.4; gamma 0.01…0.1; scale 0.1…1",
      differences: """
        the paper's code seeks the band in every row (breadcrumbs@paper; its β is the density), mergekit \
        in every matrix (breadcrumbs@mergekit); mergekit drops everything where gamma·n < 1, here nothing \
        counts as an outlier then
        """),
    parameters: [
      .density(0.2), .gamma, .scale(0.4), .trimScope([.tensor, .row], default: .tensor), .rescale(.none),
      .normalize,
    ],
    neutral: ["density": .number(1), "scale": .number(1)]
  ) { SparseMerge($0, elects: false, sparsify: band($0)) }

  /// The stages of the paper's code.
  static let breadcrumbsPaper = preset(
    "paper", of: .breadcrumbs, "breadcrumbs as the paper's code has it: the band of every row",
    ["trim_scope": .text("row"), "gamma": .number(0.1)])

  /// mergekit's stages.
  static let breadcrumbsMergekit = preset(
    "mergekit", of: .breadcrumbs,
    "breadcrumbs as mergekit has it: the band of every matrix, by default everything",
    ["density": .number(1), "scale": .number(1)])

  /// The band that parameters ask for.
  static func band(_ parameters: Parameters) -> MagnitudeBand {
    MagnitudeBand(
      density: parameters.number("density"), gamma: parameters.number("gamma"),
      scope: parameters.trimScope.band)
  }
}
