public import Basics

extension MergeMethod {
  /// ColD Fusion: every round each model is trained on from the merge of the round before, and all are averaged.
  ///
  /// Source: Don-Yehiya et al. 2022, arXiv:2212.01378: θ ← mean over the contributors of train(θ, their data). The paper
  /// takes 30 rounds of 8 contributors drawn from 35 and trains whole models; here every model contributes in every
  /// round, and a contribution is a low-rank change above the merge so far, which stays frozen below it. The budget of a
  /// single model is shared out among the rounds, so that as many steps are taken as for any merge of the same models.
  /// Only the average will do: a merge of whole changes must be the merge so far plus the merge of what a round
  /// brought, and sums or elections would count the merge so far again in every round.
  /// A recipe of an experiment, which plans the rounds; a round alone is `linear`.
  static let coldFusion = MergeMethod(
    name: "cold_fusion", summary: "rounds of training from the average so far and of averaging",
    paper: "2212.01378",
    notes: MergeNotes(
      formula: "M ← Σ w_t·train_t(M) ÷ Σ w_t, from M = 0; train_t(M) = M + s·B·A, M frozen, A and B fresh",
      cost: """
        the budget of the singles, shared out among the rounds; the rank grows by Σ r_t a round where rank \
        is 0, exactly
        """,
      sweep: "rounds 2…10",
      differences: """
        the paper trains whole weights with a budget for each of 30 rounds, by 8 contributors drawn anew; \
        here all contribute low-rank changes and share the budget of one training
        """),
    parameters: [
      ParameterSpec(
        "rounds", .integer(1...1000), default: .number(3), usual: [2, 3, 5],
        "rounds of training and averaging; they share the budget, and one round is linear")
    ],
    neutral: ["rounds": .number(1)], requirements: average,
    form: .trained(by: .linear) { .rounds(.init("rounds", $0.integer("rounds"))) })
}

extension MergeMethod {
  /// How its models are trained where nobody sets anything; nil for all rows that merge trained models.
  public var training: MergeTraining? {
    guard case .trained(_, let how) = form, let defaults = try? defaults else { return nil }
    return how(defaults)
  }
}
