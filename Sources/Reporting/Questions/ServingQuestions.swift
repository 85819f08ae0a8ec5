internal import Results

extension Question {
  /// Every model that can be used for all tasks against the cocktail of all tasks, by the mean over the learned tasks.
  ///
  /// All of them are in the family, so nothing was chosen and any may win.
  static let serving = Question(
    name: "one_model", summary: "Does another model that serves all tasks beat the one trained on all?",
    family: .models
  ) { evidence, reader in
    try evidence.trainedSettings.flatMap { arm -> [ContrastPlan] in
      guard let all = evidence.servingCocktail(at: arm) else { return [] }
      let rivals = evidence.serving.filter {
        $0.settings == arm && $0.kind != .base && $0.model != all.model.model
      }
      return try rivals.flatMap { model in
        try evidence.plans("one_model", subject: model.model, arm: arm, reader) { _ in
          evidence.both(.init(model.kind.rawValue, model), all)
        }.prefix(1)
      }
    }
  }
}

extension Evidence {
  /// The base and the models that have test scores on all tasks, in the manifest's order.
  package var serving: [Candidate] {
    tasks.count > 1 ? candidates.filter { $0.kind != .floor && isTested($0) } : []
  }

  /// Grid points of trained models, each once.
  var trainedSettings: [String] {
    candidates(of: .single, .cocktail).reduce(into: []) {
      if !$0.contains($1.settings) { $0.append($1.settings) }
    }
  }

  /// The cocktail of all tasks at a grid point; of several sampling rules the one that recovers most on validation.
  func servingCocktail(at settings: String) -> QuestionSide? {
    let all = allTaskCocktails.filter { $0.settings == settings && isTested($0) }
    return winner(ofRivals: all).map { QuestionSide("all_cocktail", $0.model, of: $0.rivals) } ?? nil
  }
}
