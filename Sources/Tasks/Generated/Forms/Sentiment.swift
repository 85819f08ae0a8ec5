internal import Specs

extension GeneratedForm {
  /// Negative, neutral or positive by the sign of the score.
  static let sentiment = GeneratedForm(
    name: "sentiment", summary: "is the news bad, plain or good",
    template: .template(
      "sentiment", .classification, labels: moodLabels, metrics: ["accuracy", "macro_f1", "weighted_f1"]),
    classes: 3, largest: 1
  ) { wanted, _, law, stream in
    let clauses = Clause.mood(agreement: 0.85, plain: 0.4, from: &stream)
    guard law.mood(clauses) == wanted - 1 else { return nil }
    return Draft(sentence: Sentence(clauses, from: &stream), target: .label(wanted))
  }

  /// The three moods, shared with `score`: the same descriptions are what tasks agree or conflict over.
  static let moodLabels = [
    LabelSpec(name: "negative", description: "bad news , a negative sign for investors"),
    LabelSpec(name: "neutral", description: "plain news , a neutral sign for investors"),
    LabelSpec(name: "positive", description: "good news , a positive sign for investors"),
  ]
}
