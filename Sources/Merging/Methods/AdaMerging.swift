internal import Basics

extension MergeMethod {
  /// AdaMerging, one coefficient for each model: θ₀ + Σ_t c_t·w_t·ΔW_t with the c that make predictions sure.
  ///
  /// min_c Σ_t mean_x H(softmax f_c(x)), x the texts of task t with its own head; Adam from 0.3.
  /// Source: Yang et al. 2023, arXiv:2310.02575, sections 3.2 and 3.3, and its code: learning rate 1e-3, batches of 16, 500
  /// steps (its code 500 to 1000). The paper reads the texts of the test set and takes the step that is best there; here
  /// validation texts are read and the last step counts. The code cuts coefficients to 0…1 in the forward pass, where one
  /// that has left the range has no gradient any more; here they are moved back after the step (`clamp`). Its "layer" is a
  /// weight tensor: `adamerging_layerwise` has a coefficient for every model and linear layer. On tagging, words count
  /// as items, and every text as one. Exact in factors.
  static let adaMergingTaskwise = adaMerging(
    "adamerging_taskwise", "sum with one learned coefficient per model that makes predictions sure", .model)

  /// A coefficient for each model and linear layer.
  static let adaMergingLayerwise = adaMerging(
    "adamerging_layerwise",
    "sum with learned coefficients per model and linear layer that make predictions sure",
    .site)

  /// The same on changes trimmed and elected as in TIES.
  static let adaMergingTaskwisePlus = adaMerging(
    "adamerging_taskwise_plus", "AdaMerging++: adamerging_taskwise of changes trimmed and elected as in ties",
    .model, trims: true)

  /// The same on changes trimmed and elected as in TIES.
  static let adaMergingLayerwisePlus = adaMerging(
    "adamerging_layerwise_plus",
    "AdaMerging++: adamerging_layerwise of changes trimmed and elected as in ties",
    .site, trims: true)

  private static func adaMerging(
    _ name: String, _ summary: String, _ granularity: CoefficientLearning.Granularity, trims: Bool = false
  ) -> MergeMethod {
    let density: [ParameterSpec] =
      trims ? [.density(0.2, "share of the entries of each whole model that is kept before")] : []
    var neutral: [String: ParameterValue] = ["start": .number(1), "steps": .number(0)]
    if trims { neutral["density"] = .number(1) }
    return MergeMethod(
      name: name, summary: summary, paper: "2310.02575",
      notes: MergeNotes(
        formula: "Σ c·w_t·ΔW_t, c the minimum of the mean entropy of what each task's head predicts",
        cost: "steps · batch texts of every task forward and backward; the sum is exact in stacked factors",
        sweep: "learning_rate 1e-3, 1e-2; steps 100…1000",
        differences: """
          the paper reads the test set's texts and takes the step that is best there; here validation texts \
          are read and the last step counts. Its code cuts coefficients in the forward pass, where one that \
          left 0…1 has no gradient any more; here it is moved back after the step
          """),
      parameters: density + [.start(0.3)] + ParameterSpec.learning(rate: 1e-3, steps: 500, batch: 16) + [
        .clamp
      ],
      neutral: neutral,
      form: .learned { parameters in
        CoefficientLearning(
          objective: .entropy, granularity: granularity,
          preparation: trims ? .trimAndElect(density: parameters.number("density")) : .none,
          start: parameters.number("start"), learningRate: parameters.number("learning_rate"),
          steps: parameters.integer("steps"), batch: parameters.integer("batch"),
          rows: parameters.integer("rows"), range: parameters.flag("clamp") ? 0...1 : nil)
      })
  }
}
