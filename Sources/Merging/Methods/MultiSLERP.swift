internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Multi-SLERP: the weighted mean direction at the weighted mean length.
  ///
  /// Source: mergekit `multislerp` with a `base_model`; no paper. It projects the directions on the tangent
  /// space at m and adds them there with their weights; that sum is zero by the choice of m, so that what it
  /// computes is the closed form here, a normalised linear interpolation (`karcher` is the barycentre on the
  /// sphere). One model alone comes back as it is.
  static let multiSLERP = MergeMethod(
    name: "multislerp", summary: "mean direction of the changes at their mean length", paper: nil,
    notes: MergeNotes(
      formula: "Σ w_t·n_t · m ÷ ‖m‖, m = Σ w_t·ΔW_t ÷ n_t, n_t = ‖ΔW_t‖",
      cost: "coefficients from inner products, then in factors, exact; O((out + in)·R²), R = Σ r_t",
      differences: """
        none in the result; where m vanishes two models give Σ w_t·ΔW_t, as in mergekit, and more are \
        refused
        """),
    parameters: [
      ParameterSpec(
        "normalize_weights", .flag, default: .flag(true), "divides the weights by their sum"),
      ParameterSpec(
        "eps", .number(0...1), default: .number(1e-8),
        "length of the mean direction below which it counts as zero"),
    ],
    neutral: ["normalize_weights": .flag(true)]
  ) { MultiSLERP(normalizes: $0.flag("normalize_weights"), eps: $0.number("eps")) }
}

struct MultiSLERP: GramRule {
  let normalizes: Bool
  let eps: Double
  /// The rounding of a length from a Gram matrix, as a share of its terms.
  private static let rounding = 1e-7

  func coefficients(_ gram: Gram, _ weights: [Double], at site: String) throws -> [Double] {
    let weights = normalizes ? try normalized(weights) : weights
    let norms = gram.norms
    let length = gram.ofDirections.norm(weights)
    let weight = zip(weights, norms).reduce(0) { $0 + ($1.1 > 0 ? abs($1.0) : 0) }
    if length <= max(eps, Self.rounding * weight) {
      guard weight == 0 || norms.count == 2 else {
        throw Diagnostic.refusal(
          "the weighted directions of '\(site)' cancel out: there is no mean direction",
          hint: "change a weight, or use linear")
      }
      return weights
    }
    let mean = zip(weights, norms).reduce(0) { $0 + $1.0 * $1.1 }
    return zip(weights, norms).map { $1 > 0 ? mean / length * $0 / $1 : 0 }
  }
}
