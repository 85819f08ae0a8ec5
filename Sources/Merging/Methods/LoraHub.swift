internal import Basics

extension MergeMethod {
  /// LoraHub: Σ w_t·ΔW_t with weights in −1.5…1.5 found without gradients on a few labelled examples.
  ///
  /// min_w mean loss + 0.05·mean |w|, from w = 0, by CMA-ES. Source: Huang et al. 2023, arXiv:2307.13269, section 3, and its
  /// code, which takes NGOpt of Nevergrad. Its code also combines A and B apart (`factors`), so that w enters squared
  /// and products of different models' factors come in; `lorahub@paper` does the same, for adapters of one rank.
  static let loraHub = MergeMethod(
    name: "lorahub", summary: "sum with weights found without gradients on a few labelled examples",
    paper: "2307.13269",
    notes: MergeNotes(
      formula: "Σ w_t·ΔW_t, w the minimum of mean loss + l1·mean |w| on a few labelled texts",
      cost: "trials merges, each with rows texts of every task forward; the sum is exact in stacked factors",
      differences: """
        searched by CMA-ES, where the published code takes NGOpt; it also sums A and B apart, which squares \
        the weights and mixes products of different models (lorahub@paper)
        """),
    parameters: [
      .trials(60),
      ParameterSpec(
        "largest_weight", .number(0.001...1000), default: .number(1.5),
        "weights are searched between minus this and this"),
      ParameterSpec(
        "l1", .number(0...100), default: .number(0.05), "factor on the mean magnitude of the weights"),
      ParameterSpec(
        "factors", .flag, default: .flag(false),
        "whether A and B are summed apart, as the published code does"),
      .rows(5), .split,
    ],
    form: .searched { parameters in
      let largest = parameters.number("largest_weight")
      return MergeSearch(
        target: parameters.flag("factors") ? .factors : .sum, searcher: .cmaES,
        score: .crossEntropy(l1: parameters.number("l1")), trials: parameters.integer("trials"),
        weights: -largest...largest, start: 0, rows: parameters.integer("rows"))
    })

  /// As the published code combines.
  static let loraHubPaper = preset(
    "paper", of: .loraHub, "lorahub as its code has it: A and B are summed apart, which mixes their products",
    ["factors": .flag(true)])
}
