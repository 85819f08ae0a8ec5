internal import Specs

extension GeneratedForm {
  /// The topic of which a sentence has two clauses.
  static let topic = GeneratedForm(
    name: "topic", summary: "which of five topics most of the news is about",
    template: .template(
      "topic", .classification,
      labels: Theme.topics.map { LabelSpec(name: $0.0, description: $0.1) },
      metrics: ["accuracy", "macro_f1", "weighted_f1"]),
    classes: Theme.topics.count, largest: 0
  ) { wanted, _, law, stream in
    let clauses = Clause.story(agreement: 0.85, from: &stream)
    guard law.topic(clauses) == wanted else { return nil }
    return Draft(sentence: Sentence(clauses, from: &stream), target: .label(wanted))
  }
}
