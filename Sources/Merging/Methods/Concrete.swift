internal import Basics

extension MergeMethod {
  /// Concrete task arithmetic: λ·Σ w_t·(m ÷ mean m) ⊙ ΔW_t with a mask m over entries that all models share, learned to
  /// make predictions sure.
  ///
  /// Relaxed Bernoulli draws of temperature 0.5 while the logits are learned by Adam from 0, their probabilities in the
  /// end; see `ConcreteMask`. Source: Tang et al. 2023, arXiv:2312.06173, Algorithm 1, with the settings of its code: λ 0.3,
  /// learning rate 1e-3, 2000 steps. The mask is one number for every entry of every layer, so changes are made in full:
  /// memory 4 bytes · entries · (models + 13).
  static let concreteTaskArithmetic = concrete(
    "concrete_task_arithmetic", "task arithmetic under a learned mask that all models share", .model,
    coefficientRate: 0)

  /// The same with AdaMerging's layer-wise coefficients.
  ///
  /// The paper takes a step of the coefficients inside every step of the mask; here both take a step by one gradient.
  static let concreteAdaMerging = concrete(
    "concrete_adamerging", "layer-wise AdaMerging under a learned mask that all models share", .site,
    coefficientRate: 1e-3)

  private static func concrete(
    _ name: String, _ summary: String, _ granularity: CoefficientLearning.Granularity, coefficientRate: Double
  ) -> MergeMethod {
    MergeMethod(
      name: name, summary: summary, paper: "2312.06173",
      notes: MergeNotes(
        formula: "Σ c·w_t·(m ÷ mean m) ⊙ ΔW_t, the mask m learned for the least mean entropy",
        cost: """
          steps · batch texts of every task forward and backward; all changes and the mask in full, 4 bytes · \
          entries · (models + 13)
          """,
        differences:
          "the paper takes a step of the coefficients inside every step of the mask; here both at once"),
      parameters: [
        .start(0.3),
        ParameterSpec(
          "temperature", .number(0.01...100), default: .number(0.5), "temperature of the relaxed draws"),
        ParameterSpec(
          "mask_rate", .number(0...100), default: .number(1e-3), "Adam's learning rate for the mask"),
      ] + ParameterSpec.learning(rate: coefficientRate, steps: 2000, batch: 16),
      neutral: ["start": .number(1), "steps": .number(0)],
      form: .learned { parameters in
        CoefficientLearning(
          objective: .entropy, granularity: granularity, start: parameters.number("start"),
          learningRate: parameters.number("learning_rate"), steps: parameters.integer("steps"),
          batch: parameters.integer("batch"), rows: parameters.integer("rows"), range: 0...1,
          mask: .init(
            temperature: parameters.number("temperature"), learningRate: parameters.number("mask_rate")))
      })
  }
}
