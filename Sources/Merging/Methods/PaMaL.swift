internal import Basics

extension MergeMethod {
  /// Pareto manifold learning: one adapter for each task, trained together so that every mixture of them is a good model.
  ///
  /// Every step draws shares α from Dirichlet(p) and takes the loss Σ α_t·L_t at θ(α) = θ₀ + Σ α_t·ΔW_t, whose gradients go
  /// to every adapter: those by its factors at the mixture, α_t times. Source: Dimitriadis et al. 2022, arXiv:2210.09759,
  /// with one mixture a step: neither its window of several mixtures with a penalty on losses that are out of order, nor
  /// its balancing of gradients. All ends start at the base. Heads are shared by all mixtures, one a task.
  /// A recipe of an experiment: points of one simplex share one training. Two models lie on the line of `alpha`;
  /// `weights` move them, and more than two have their place by these alone.
  static let pamal = MergeMethod(
    name: "pamal", summary: "a mixture of models that were trained together to be mixed, one for each task",
    paper: "2210.09759",
    notes: MergeNotes(
      formula: """
        Σ α_t·ΔW_t, α ∝ ((1 − alpha)·w₁, alpha·w₂) for two models, else α ∝ w; trained on Σ α_t·L_t(θ(α)), \
        α ~ Dirichlet(concentration) in every step
        """,
      cost: "the steps of all singles in one training, which all points share; the mixture is exact",
      sweep: "alpha 0…1; concentration 1…7",
      differences: """
        one mixture a step: without the window of several, the penalty on losses out of order and the \
        balancing of gradients, which are choices of the paper
        """),
    parameters: [
      ParameterSpec(
        "alpha", .number(0...1), default: .number(0.5), usual: [0, 0.25, 0.5, 0.75, 1],
        "the place on the line between two models: 0 the first, 1 the second"),
      ParameterSpec(
        "concentration", .number(0.01...1000), default: .number(1),
        "p of the Dirichlet draws in training: 1 draws all mixtures alike, more stays near the middle"),
    ],
    symmetric: false, models: 2...Int.max,
    requirements: { parameters, weights throws(Diagnostic) in
      if weights.contains(where: { $0 < 0 }) {
        throw Diagnostic("a mixture has no negative share", hint: "give weights from 0")
      }
      if weights.count > 2, parameters.number("alpha") != 0.5 {
        throw Diagnostic(
          "'alpha' is a place between two models, not \(weights.count)",
          hint: "give 'weights' instead, a share for each")
      }
    },
    form: .trained(by: .linear) {
      .ends(concentration: $0.number("concentration"), place: $0.number("alpha"))
    })
}
