internal import Foundation
internal import Specs

extension GeneratedForm {
  /// A number in −1 … 1: tanh of half the score.
  static let score = GeneratedForm(
    name: "score", summary: "how good the news is, from -1 to 1",
    template: .template(
      "score", .regression, target: "score", labels: moodLabels,
      metrics: ["pearson", "spearman", "r2", "mse"]),
    classes: 3, largest: 1
  ) { wanted, _, law, stream in
    let clauses = Clause.mood(agreement: 0.85, plain: 0.4, from: &stream)
    guard law.mood(clauses) == wanted - 1 else { return nil }
    return Draft(
      sentence: Sentence(clauses, from: &stream), target: .number(tanh(law.score(clauses) / 2)))
  }
}
