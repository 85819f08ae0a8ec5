internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// KnOTS-TIES: TIES on the coordinates of the changes in the left singular basis that they share.
  ///
  /// Source: Stoica et al. 2024, arXiv:2410.19735, section 4: `AlignedSite.knots`, then `AlignedMerge`.
  /// The published code trims over the whole model and elects without weights, the defaults here; it keeps one
  /// coordinate more (a threshold at the k-th), leaves α/r out, and gives a sum of exactly zero the majority's sign.
  /// Its factor λ is 0.6 for its image models and 0.5 for its language models.
  /// Cost: O((out + in)·R² + T·R³ + T·R·in), R = Σ r_t; no full matrix.
  static let knotsTIES = MergeMethod(
    name: "knots_ties", summary: "TIES in the singular basis that the changes share", paper: "2410.19735",
    parameters: AlignedMerge.tiesParameters(density: 0.2, scope: "model"),
    neutral: ["density": .number(1), "scale": .number(1)]
  ) { AlignedMerge.make(AlignedSite.knots, $0, draws: false) }
}
