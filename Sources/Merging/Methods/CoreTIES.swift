internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// TIES in the core space: on the R × R coordinates of the changes in bases that they share on both sides.
  ///
  /// Source: Core Space merging, arXiv:2509.17786: `AlignedSite.core`, then `AlignedMerge`. Its code trims per matrix to
  /// a tenth and keeps one coordinate more (a threshold at the k-th).
  /// Cost: O((out + in)·R² + T·R³), R = Σ r_t.
  static let coreTIES = MergeMethod(
    name: "core_ties", summary: "TIES on the small cores of the changes in the bases of their factors",
    paper: "2509.17786", parameters: AlignedMerge.tiesParameters(density: 0.1, scope: "tensor"),
    neutral: ["density": .number(1), "scale": .number(1)]
  ) { AlignedMerge.make(AlignedSite.core, $0, draws: false) }
}
