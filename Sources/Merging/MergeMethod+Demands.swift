public import Basics

extension MergeMethod {
  /// What the method asks of an experiment with some parameters: the one place that says so, for every form.
  public func demands(of parameters: Parameters) -> MergeDemands {
    MergeDemands(
      isOrdered: isOrdered(parameters.values), rank: largestRank(parameters), need(parameters))
  }

  /// The rank that the finish cuts every layer to; nil where there is no such cut.
  private func largestRank(_ parameters: Parameters) -> Int? {
    if case .routed = form { return nil }
    let rank = Finish(parameters).rank
    return rank > 0 ? rank : nil
  }

  private func need(_ parameters: Parameters) -> MergeDemands.Need {
    switch form {
    case .rule: return .changes
    case .measured(let what, _): return .measured(what(parameters))
    case .routed(let make): return make(parameters).texts.map { .texts(rows: $0.rows) } ?? .changes
    case .trained(let rule, let how):
      let merge = rule.shown(parameters)
      return .trained(
        MergeDemands.Trained(
          how(parameters), rule: rule.name, parameters: merge,
          between: merge.filter { !Finish.shaping.contains($0.key) }))
    case .learned(let make):
      let learning = make(parameters)
      return tuned(
        parameters, rows: learning.rows,
        .learned(
          .init(
            steps: learning.steps, batch: learning.batch, fullMatrices: learning.fullMatrices,
            readsLabels: learning.objective.readsLabels)))
    case .searched(let make):
      let search = make(parameters)
      var effort = MergeDemands.Search(trials: search.trials, readsMetric: search.score == .normalised)
      if case .method(let name) = search.target {
        effort.tried = .init(ParameterSpec.triedName, name)
        effort.movesWeights = .init(ParameterSpec.searchesWeights.name, search.weights != nil)
      }
      return tuned(parameters, rows: search.rows, .searched(effort))
    }
  }

  private func tuned(
    _ parameters: Parameters, rows: Int, _ effort: MergeDemands.Effort
  ) -> MergeDemands.Need {
    let split = parameters.choice(TuningSplit.self, ParameterSpec.split.name)
    return .tuned(MergeDemands.Tuning(split: split, rows: rows, effort))
  }
}
