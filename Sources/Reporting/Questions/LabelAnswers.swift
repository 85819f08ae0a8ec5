internal import Results
internal import Specs
internal import Statistics

/// What a model of the comparison answered for the labels of a task, over its seeds.
package struct LabelAnswers: Sendable {
  /// The budget whose models these are; empty where there is one.
  package var arm: String
  package var task: String
  /// Each place that it has in the comparison: `base`, `single`, `all_cocktail`.
  package var role: String
  package var model: Candidate
  package var labels: [String]
  /// By seed, target and answer.
  package var counts: [[[Int]]]

  /// Mean over seeds.
  package func count(_ target: Int, _ answer: Int) -> Double {
    Estimate.mean(counts.map { Double($0[target][answer]) })
  }

  /// Items, or words, that want a label.
  package func support(_ label: Int) -> Int { counts[0][label].reduce(0, +) }

  /// Mean over seeds of right ÷ answered; a seed that never answers it counts 0.
  package func precision(_ label: Int) -> Double {
    Estimate.mean(counts.map { LabelAnswers.ratio($0[label][label], $0.reduce(0) { $0 + $1[label] }) })
  }

  /// Mean over seeds of right ÷ wanted.
  package func recall(_ label: Int) -> Double {
    Estimate.mean(counts.map { LabelAnswers.ratio($0[label][label], $0[label].reduce(0, +)) })
  }

  /// Mean over seeds of 2·right ÷ (answered + wanted).
  package func f1(_ label: Int) -> Double {
    Estimate.mean(
      counts.map {
        LabelAnswers.ratio(2 * $0[label][label], $0.reduce(0) { $0 + $1[label] } + $0[label].reduce(0, +))
      })
  }

  private static func ratio(_ part: Int, _ whole: Int) -> Double {
    whole > 0 ? Double(part) / Double(whole) : 0
  }
}

extension ScoreReader {
  /// The models of the comparison on the test split, by task and role.
  func labelAnswers() throws -> [LabelAnswers] {
    try evidence.arms.flatMap(labelAnswers)
  }

  private func labelAnswers(of evidence: Evidence) throws -> [LabelAnswers] {
    guard let items else { return [] }
    return try evidence.tasks.flatMap { task -> [LabelAnswers] in
      guard let metric = task.decidingMetric else { return [] }
      let single = evidence.chosenSingle(for: task)
      let roles: [(String, Candidate?)] = [
        ("base", evidence.base(settings: single?.settings ?? "")), ("single", single),
        ("best_cocktail", evidence.bestCocktail(for: task)),
        ("all_cocktail", evidence.allTaskCocktail(for: task)),
        ("best_unseen", evidence.bestUnseen(for: task)),
        ("merge", evidence.servingMerge?.model),
      ]
      return try roles.compactMap { role, model in
        guard let model else { return nil }
        let found = try model.rows.compactMap { row in
          try evidence.score(row, task.name, .test, metric.name).flatMap { try items.labels($0) }
        }
        guard let labels = found.first?.labels, found.count == model.rows.count else { return nil }
        return LabelAnswers(
          arm: evidence.arm, task: task.name, role: role, model: model, labels: labels,
          counts: found.map(\.counts))
      }
    }
  }
}
