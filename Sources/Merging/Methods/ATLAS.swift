internal import Basics

extension MergeMethod {
  /// aTLAS: a coefficient for every model and linear layer, learned on labels, from zero.
  ///
  /// min_c Σ_t mean_x loss(f_c(x), y) by AdamW, learning rate 1e-3, decay 0.1, gradients cut to norm 1; `l1` adds
  /// λ·Σ|c| ÷ n. Source: Zhang et al. 2024, arXiv:2407.02880, sections 3 and 5, and its code (ten passes over the data; here
  /// `steps`). With `groups` K every change is split further: the paper by random masks over the entries of a matrix,
  /// which fit no factors; here by its singular directions in K groups, the strongest first, which is exact in factors
  /// and the same for every way to factor a change.
  static let atlas = MergeMethod(
    name: "atlas", summary: "sum with coefficients per model and linear layer learned on labels",
    paper: "2407.02880",
    notes: MergeNotes(
      formula: "Σ c_t,l·w_t·ΔW_t of layer l, c the minimum of the loss on labels, from 0",
      cost: "steps · batch texts of every task forward and backward; the sum is exact in stacked factors",
      sweep: "groups 1…8; learning_rate 1e-3, 1e-2",
      differences: """
        with groups the paper splits the entries of a matrix at random, which fits no factors; here its \
        singular directions are split, the strongest first
        """),
    parameters: [
      .start(0),
      ParameterSpec(
        "groups", .integer(1...1024), default: .number(1),
        "groups of singular directions of each change that get a coefficient of their own"),
    ] + ParameterSpec.learning(rate: 1e-3, steps: 500, batch: 16) + [
      ParameterSpec("weight_decay", .number(0...100), default: .number(0.1), "AdamW's decoupled decay"),
      ParameterSpec("l1", .number(0...100), default: .number(0), "factor on the mean magnitude in the loss"),
      ParameterSpec("clip", .number(0...1e6), default: .number(1), "limit of the gradient's norm; 0: none"),
    ],
    neutral: ["start": .number(1), "steps": .number(0)],
    form: .learned { parameters in
      CoefficientLearning(
        objective: .crossEntropy, granularity: .directions(groups: parameters.integer("groups")),
        start: parameters.number("start"), learningRate: parameters.number("learning_rate"),
        weightDecay: parameters.number("weight_decay"), l1: parameters.number("l1"),
        clip: parameters.number("clip"), steps: parameters.integer("steps"),
        batch: parameters.integer("batch"), rows: parameters.integer("rows"))
    })
}
