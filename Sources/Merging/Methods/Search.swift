internal import Basics

extension MergeMethod {
  /// Any rule, with the parameters (and weights, where asked for) that score best.
  ///
  /// Every trial merges and scores the mean over the tasks of its first metric divided by that of the task's expert
  /// (`MergeSearch.normalised`), on validation. The first trial is the rule as it stands, so the result is never worse
  /// there; of equal trials the earlier one counts. What a manifest's `over` lists is searched, each between two
  /// numbers; else the parameters that the rule's row has usual values of: these themselves by a grid that fits the
  /// trials, between the least and the largest by the other searchers.
  static let search = MergeMethod(
    name: "search", summary: "another method with the parameters or weights that score best on validation",
    paper: nil,
    notes: MergeNotes(
      formula: """
        the rule named by try, with the parameters of the best mean of score ÷ the expert's score, of 1 + \
        their difference for experts below 0.1
        """,
      cost: "trials merges, each with the validation texts of every task forward"),
    parameters: [
      ParameterSpec(
        ParameterSpec.triedName, .choice(MergeMethods.ruleNames), default: .text("task_arithmetic"),
        "the method whose parameters are searched"),
      .choice(
        "searcher", default: MergeSearch.Searcher.grid,
        "how trials are chosen: a regular grid, uniform draws, CMA-ES, or a Gaussian process with expected "
          + "improvement"),
      .trials(20),
      .searchesWeights,
      ParameterSpec(
        "largest_weight", .number(0.001...1000), default: .number(1.5),
        "weights are searched between 0 and this"),
      .rows(0), .split,
    ],
    requirements: { parameters, weights throws(Diagnostic) in
      try checkDefaults(of: parameters.text(ParameterSpec.triedName), weights)
      let range = 0...parameters.number("largest_weight")
      guard parameters.flag(ParameterSpec.searchesWeights.name),
        let outside = weights.first(where: { !range.contains($0) })
      else { return }
      throw Diagnostic(
        "the search of weights begins with those given, and \(outside) is not in 0…\(range.upperBound)",
        hint: "raise largest_weight, or set search_weights to false")
    },
    form: .searched { parameters in
      MergeSearch(
        target: .method(parameters.text(ParameterSpec.triedName)),
        searcher: parameters.choice(MergeSearch.Searcher.self, "searcher"), score: .normalised,
        trials: parameters.integer("trials"),
        weights: parameters.flag(ParameterSpec.searchesWeights.name)
          ? 0...parameters.number("largest_weight") : nil,
        rows: parameters.integer("rows"))
    })
}
