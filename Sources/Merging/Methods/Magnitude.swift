internal import Basics

extension MergeMethod {
  /// Magnitude pruning: the weighted sum of the changes after each is trimmed to its largest entries.
  ///
  /// x̂_t is the trimmed ΔW_t; TIES without an election. Stages: `SparseMerge`.
  static let magnitude = MergeMethod(
    name: "magnitude", summary: "weighted sum of the changes, each trimmed to its largest entries",
    paper: nil,
    notes: MergeNotes(
      formula: "λ·Σ w_t·x̂_t",
      cost: """
        entry by entry on row blocks of all models: two or three passes, each 2·r FLOPs an entry and model; the \
        full result is cut to a rank
        """,
      sweep: "density 0.1…0.5; scale 0.1…1",
      differences: """
        PEFT's magnitude_prune works on A and B separately (magnitude@peft), its magnitude_prune_svd on ΔW
        """),
    parameters: [
      .density(0.2), .scale(0.3), .trimScope([.tensor, .row, .model, .factor], default: .tensor),
      .rescale(.none), .normalize,
    ],
    neutral: ["density": .number(1), "scale": .number(1)]
  ) { SparseMerge($0, elects: false, sparsify: trim($0)) }

  /// PEFT's stages.
  static let magnitudePEFT = preset(
    "peft", of: .magnitude, "PEFT's magnitude_prune: on A and on B separately, which mixes their products",
    ["trim_scope": .text("factor"), "scale": .number(1)])
}
