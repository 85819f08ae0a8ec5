internal import Basics

/// PEFT's words for `combination_type` in `add_weighted_adapter`; Documentation.docc/Names.md has the table.
///
/// Checked against PEFT 0.21.2 for adapters with α ≠ r and negative weights; there the svd family takes the scales once.
extension MergeMethod {
  /// `linear`: A and B summed separately.
  static let linearPEFT = alias(
    "linear@peft", of: .magnitude, "PEFT's linear: A and B summed separately, which mixes their products",
    ["trim_scope": .text("factor"), "density": .number(1), "scale": .number(1)],
    notes: MergeNotes(
      formula:
        "(Σ √|w_t·s_t|·B_t)·(Σ sign(w_t·s_t)·√|w_t·s_t|·A_t), ΔW_t = s_t·B_t·A_t; one rank for all models",
      cost: "O((out + in)·T·r)",
      differences: """
        holds products of one model's B with another's A, which no model has: as large as the sum itself where the \
        factors are independent. linear and cat are exact
        """))

  /// `svd`: our row of the same name.
  static let svdPEFT = preset("peft", of: .svd, "PEFT's svd: the same, here without a full matrix", [:])

  /// `cat`: the exact sum.
  static let cat = alias(
    "cat", of: .taskArithmetic, "PEFT's cat: the weighted sum of the changes, exactly", ["scale": .number(1)])

  /// `ties_svd`.
  static let tiesSVD = alias(
    "ties_svd", of: .ties,
    "PEFT's ties_svd: ties on whole changes, unweighted signs, plain mean, cut to a rank",
    ["elect": .text("unweighted"), "combine": .text("mean")], cutsToLargestRank: true)

  /// `dare_linear_svd`.
  static let dareLinearSVD = alias(
    "dare_linear_svd", of: .dareLinear, "PEFT's dare_linear_svd: dare_linear on whole changes, cut to a rank",
    ["scale": .number(1)], cutsToLargestRank: true)

  /// `dare_ties_svd`.
  static let dareTIESSVD = alias(
    "dare_ties_svd", of: .dareTIES,
    "PEFT's dare_ties_svd: dare_ties on whole changes, unweighted signs, plain mean, cut to a rank",
    ["elect": .text("unweighted"), "combine": .text("mean")], cutsToLargestRank: true)

  /// `magnitude_prune`.
  static let magnitudePrune = alias(
    "magnitude_prune", of: .magnitude,
    "PEFT's magnitude_prune: trim and sum on A and on B separately, which mixes their products",
    ["trim_scope": .text("factor"), "scale": .number(1)])

  /// `magnitude_prune_svd`.
  static let magnitudePruneSVD = alias(
    "magnitude_prune_svd", of: .magnitude,
    "PEFT's magnitude_prune_svd: magnitude on whole changes, cut to a rank",
    ["scale": .number(1)], cutsToLargestRank: true)
}
