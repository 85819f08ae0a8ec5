package import Results
internal import Specs

/// What can be had of a task without training a model for it.
package enum Floor: String, CaseIterable, Sendable {
  case majority
  case blind
  case probe

  /// What it is.
  package var definition: String {
    switch self {
    case .majority:
      "Of no input: always the most frequent label of the training data, or their mean number; for a word its most frequent tag."
    case .blind:
      "Of a probe that misses one of the columns that the text is made of, the best on validation; empty for a text of one column."
    case .probe: "Of a linear head on the untrained base, fitted to the same training rows."
    }
  }

  /// Whether a model that the plan names so is one of them: `blind-to-text` misses that column.
  func holds(_ model: Candidate) -> Bool {
    model.recipe.split(separator: "-").first.map(String.init) == rawValue
  }
}

extension Evidence {
  /// The floors of a task at a grid point, in the plan's order: those with a validation or test score.
  func floors(of task: TaskColumn, settings: String) -> [Candidate] {
    guard let metric = task.decidingMetric else { return [] }
    let all = candidates(of: .floor)
    let recipes = all.reduce(into: [String]()) { if !$0.contains($1.recipe) { $0.append($1.recipe) } }
    return recipes.compactMap { recipe in
      reference(among: all.filter { $0.recipe == recipe }, settings: EvaluationSettings.part(of: settings))
    }.filter { model in
      [Split.validation, .test].contains { estimate(model, task.name, $0, metric.name) != nil }
    }
  }

  /// A task's floor of a kind; of several the one that validation prefers.
  package func floor(_ floor: Floor, of task: TaskColumn, settings: String) -> Candidate? {
    onlyOrWinner(among: floors(of: task, settings: settings).filter(floor.holds), on: task)
  }

  /// What a task's single has to beat: of its floors and the base as it is the best on validation; nil without any.
  package func bestFloor(of task: TaskColumn, settings: String) -> Candidate? {
    let base = base(settings: settings).flatMap { model in
      task.decidingMetric.flatMap { metric in
        [Split.validation, .test].contains { estimate(model, task.name, $0, metric.name) != nil }
          ? model : nil
      }
    }
    return onlyOrWinner(among: floors(of: task, settings: settings) + (base.map { [$0] } ?? []), on: task)
  }
}
