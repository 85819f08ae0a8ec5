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
  static let pairs = Question(name: "pair", summary: "Does a task help another one that it is trained with?")
  {
    evidence, reader in
    guard evidence.tasks.count > 2 else { return [] }
    let arms = evidence.candidates(of: .cocktail).reduce(into: [String]()) { arms, model in
      if model.tasks.count == 2, !arms.contains(model.settings) { arms.append(model.settings) }
    }
    return try arms.flatMap { arm in
      try evidence.tasks.flatMap { ingredient in
        try evidence.plans("pair", subject: ingredient.name, arm: arm, reader) { task in
          task.name == ingredient.name
            ? nil
            : evidence.both(
              .init("pair", evidence.cocktail(of: [task.name, ingredient.name], settings: arm)),
              .init("single", evidence.single(of: task.name, settings: arm)))
        }
      }
    }
  }
}

extension Evidence {
  /// The cocktail of exactly some tasks at a grid point.
  func cocktail(of tasks: Set<String>, settings: String) -> Candidate? {
    candidates(of: .cocktail).first { Set($0.tasks) == tasks && $0.settings == settings }
  }
}
