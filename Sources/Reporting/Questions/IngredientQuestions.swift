internal import Results

extension Question {
  /// What adding a task to all others does to them.
  static let ingredients = Question(
    name: "ingredient", summary: "Does a task in the cocktail of all help the others?"
  ) { evidence, reader in
    guard evidence.tasks.count > 2 else { return [] }
    return try evidence.allTaskCocktails.flatMap { all in
      try evidence.tasks.flatMap { ingredient in
        let others = Set(evidence.tasks.map(\.name)).subtracting([ingredient.name])
        let without = evidence.cocktail(of: others, settings: all.settings)
        return try evidence.plans("ingredient", subject: ingredient.name, arm: all.settings, reader) { task in
          task.name == ingredient.name
            ? nil : evidence.both(.init("all_cocktail", all), .init("all_but_one", without))
        }
      }
    }
  }

  /// What adding a task to each other one alone does to it.
  static let pairs = Question(
    name: "pair", summary: "Does a task help another one that it is trained with?"
  ) { evidence, reader in
    try evidence.pairPlans("pair", reader) { task, _, arm in
      .init("single", evidence.single(of: task, settings: arm))
    }
  }

  /// Whether a pair is more than its other half: what a task gains by an ingredient may be had from that one's single alone.
  static let pairsAgainstOther = Question(
    name: "pair_other", summary: "Does a task trained with another one beat that one's own model on it?"
  ) { evidence, reader in
    try evidence.pairPlans("pair_other", reader) { _, ingredient, arm in
      .init("other_single", evidence.single(of: ingredient, settings: arm))
    }
  }
}

extension Evidence {
  /// The grid points at which pairs were trained.
  fileprivate var pairArms: [String] {
    candidates(of: .cocktail).reduce(into: []) { arms, model in
      if model.tasks.count == 2, !arms.contains(model.settings) { arms.append(model.settings) }
    }
  }

  /// Every pair on each of its tasks against something else, by the other task.
  ///
  /// - Parameter rival: What it is held against, by the task, the other task and the grid point.
  fileprivate func pairPlans(
    _ question: String, _ reader: ScoreReader,
    _ rival: (_ task: String, _ ingredient: String, _ arm: String) -> QuestionSide?
  ) throws -> [ContrastPlan] {
    guard tasks.count > 2 else { return [] }
    return try pairArms.flatMap { arm in
      try tasks.flatMap { ingredient in
        try plans(question, subject: ingredient.name, arm: arm, reader) { task in
          task.name == ingredient.name
            ? nil
            : both(
              .init("pair", cocktail(of: [task.name, ingredient.name], settings: arm)),
              rival(task.name, ingredient.name, arm))
        }
      }
    }
  }

  /// The cocktail of exactly some tasks at a grid point.
  func cocktail(of tasks: Set<String>, settings: String) -> Candidate? {
    candidates(of: .cocktail).first { Set($0.tasks) == tasks && $0.settings == settings }
  }
}
