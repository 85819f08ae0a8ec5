internal import Results
internal import Specs

extension Question {
  /// The cocktail of all tasks against each task's single of the same budget, and against that of another one under which both
  /// drew as many examples of the task.
  static let allCocktail = Question(
    name: "all_cocktail", summary: "Does one model trained on all tasks beat each task's own?"
  ) { evidence, reader in
    let arms = evidence.arms
    func plans(_ arm: Evidence, against other: Evidence) throws -> [ContrastPlan] {
      try evidence.plans(
        "all_cocktail", arm: arm.arm, secondArm: other.arm == arm.arm ? "" : other.arm, reader
      ) { task in
        evidence.both(arm.allCocktailSide(task), other.singleSide(task))
      }
    }
    let within = try arms.flatMap { try plans($0, against: $0) }
    let across = try arms.flatMap { arm in
      try arms.filter { $0.arm != arm.arm }.flatMap { other -> [ContrastPlan] in
        let found = try plans(arm, against: other)
        return found.first?.held == "exposure" ? found : []
      }
    }
    return within + across
  }

  /// The cocktail that validation chose for each task against its single; not where that is the cocktail of all.
  static let bestCocktail = Question(
    name: "best_cocktail", summary: "Does the cocktail that validation chose beat the task's single?"
  ) { evidence, reader in
    try evidence.arms.filter(\.choosesCocktail).flatMap { evidence in
      try evidence.plans("best_cocktail", arm: evidence.arm, reader) { task in
        evidence.both(
          .init(
            "best_cocktail", evidence.bestCocktail(for: task),
            of: evidence.rivals(evidence.cocktails(with: task).count)),
          evidence.singleSide(task))
      }
    }
  }

  /// The best model that never saw the task against its single.
  static let unseen = Question(
    name: "best_unseen", summary: "Does a model that never saw the task beat its single?"
  ) { evidence, reader in
    try evidence.arms.flatMap { evidence in
      try evidence.plans("best_unseen", arm: evidence.arm, reader) { task in
        evidence.both(
          .init(
            "best_unseen", evidence.bestUnseen(for: task), of: evidence.rivals(evidence.unseen(task).count)),
          evidence.singleSide(task))
      }
    }
  }

  /// Every cocktail and every single on every task against the task's single: shown, and no question of its own.
  static let cocktails = Question(
    name: "model", summary: "How does every trained model do against each single?"
  ) {
    evidence, reader in
    try evidence.candidates(of: .single, .cocktail).flatMap { model in
      try evidence.plans("model", subject: model.model, arm: model.settings, hasVerdicts: false, reader) {
        task in
        evidence.both(
          .init(model.kind.rawValue, model),
          .init("single", evidence.single(of: task.name, settings: model.settings)))
      }
    }
  }
}
