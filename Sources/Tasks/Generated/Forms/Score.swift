internal import Basics
internal import Foundation
internal import Specs

extension GeneratedForm {
  /// A number in −1 … 1: tanh of half the score.
  static let score = GeneratedForm(
    name: "score", summary: "how good the news is, from -1 to 1",
    template: .template(
      "score", .regression, target: "score",
      labels: zip(moodLabels, [-1, 0, 1]).map {
        LabelSpec(name: $0.name, description: $0.description, value: $1)
      },
      metrics: ["pearson", "spearman", "r2", "mse"]),
    classes: 3, largest: 1,
    noise: { target, _, noise, stream in
      .number(max(-1, min(1, target.number + noise * stream.normal())))
    },
    attempt: { wanted, _, law, stream in
      let clauses = Clause.mood(agreement: 0.85, plain: 0.4, from: &stream)
      guard law.mood(clauses) == wanted - 1 else { return nil }
      return Draft(
        sentence: Sentence(clauses, from: &stream), target: .number(tanh(law.score(clauses) / 2)))
    })
}
