internal import Basics

extension MergeMethod {
  /// DivMerge: one coefficient for each model, so that on each task the merge predicts what the task's expert predicts.
  ///
  /// min_c Σ_t mean_x JS(p_t(·|x), p_c(·|x)) on texts without labels; p_t is the single of task t with its head.
  /// Source: arXiv:2509.02108, section 3 and Algorithm 1: Adam with learning rate 1e-2, four epochs over 200 texts of each
  /// task (400 by layers) in batches of 4: 200 and 400 steps. It starts at 1 ÷ T in the algorithm and at 0.5 in its table
  /// of settings; here at 1 ÷ T, or where `start` is not 0 there. Sources of p are classes here, not the tokens of a
  /// generated answer. Exact in factors.
  static let divMerge = divMerge(
    "divmerge", "sum with one learned coefficient per model that predicts as the experts do", .model,
    rows: 200)

  /// A coefficient for each model and linear layer.
  static let divMergeLayerwise = divMerge(
    "divmerge_layerwise",
    "sum with learned coefficients per model and linear layer that predicts as the experts do",
    .site, rows: 400)

  private static func divMerge(
    _ name: String, _ summary: String, _ granularity: CoefficientLearning.Granularity, rows: Double
  ) -> MergeMethod {
    MergeMethod(
      name: name, summary: summary, paper: "2509.02108",
      notes: MergeNotes(
        formula: "Σ c·w_t·ΔW_t, c the minimum of the mean Jensen-Shannon divergence to each task's expert",
        cost: "steps · batch texts of every task forward and backward; the sum is exact in stacked factors",
        sweep: "rows 25…400",
        differences: """
          distributions are over a head's classes, not over the tokens of an answer. The paper starts at 1 ÷ T \
          in its algorithm and at 0.5 in its table of settings; here at 1 ÷ T
          """),
      parameters: [
        ParameterSpec(
          "start", .number(0...100), default: .number(0),
          "what every coefficient starts at; 0: one over the number of models")
      ] + ParameterSpec.learning(rate: 1e-2, steps: rows, batch: 4, rows: rows),
      neutral: ["start": .number(1), "steps": .number(0)],
      form: .learned { parameters in
        CoefficientLearning(
          objective: .jensenShannon, granularity: granularity,
          start: parameters.number("start") == 0 ? nil : parameters.number("start"),
          learningRate: parameters.number("learning_rate"), steps: parameters.integer("steps"),
          batch: parameters.integer("batch"), rows: parameters.integer("rows"))
      })
  }
}
