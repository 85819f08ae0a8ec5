internal import Basics
internal import Specs

extension GeneratedForm {
  /// Yes or no to a question about the whole news or about one theme, mentioned or not.
  static let headline = GeneratedForm(
    name: "headline", summary: "yes or no to a question about the news",
    template: .template(
      "headline", .classification, pair: "{question}",
      labels: [
        LabelSpec(name: "No", description: "no , the answer is no"),
        LabelSpec(name: "Yes", description: "yes , the answer is yes"),
      ],
      metrics: ["accuracy", "macro_f1", "matthews"]),
    classes: 2, largest: 0
  ) { wanted, _, law, stream in
    let clauses = Clause.mood(agreement: 0.85, plain: 0.4, from: &stream)
    let question = Question(about: clauses, from: &stream)
    guard let answer = question.answer(clauses, law), answer == (wanted == 1) else { return nil }
    return Draft(
      sentence: Sentence(clauses, from: &stream), pair: question.text(&stream), target: .label(wanted))
  }
}

/// A question that can be put about a sentence.
struct Question {
  /// Nil asks about the whole sentence.
  var theme: Int?
  var asksForGood: Bool

  /// Half of all questions are about the whole, the others mostly about a theme that is mentioned.
  init(about clauses: [Clause], from stream: inout RandomStream) {
    let mentioned = clauses.compactMap(\.theme)
    if stream.uniform() < 0.5 {
      theme = nil
    } else if !mentioned.isEmpty, stream.uniform() < 0.8 {
      theme = stream.pick(mentioned)
    } else {
      theme = stream.index(below: Theme.all.count)
    }
    asksForGood = stream.uniform() < 0.5
  }

  /// Yes where the task's reading of the sentence has what is asked for; nil where that is not clear.
  func answer(_ clauses: [Clause], _ law: LabelLaw) -> Bool? {
    let asked = asksForGood ? 1 : -1
    guard let theme else { return law.mood(clauses).map { $0 == asked } }
    return law.score(clauses.filter { $0.theme == theme }) * Double(asked) > 0
  }

  func text(_ stream: inout RandomStream) -> String {
    guard let theme else {
      return stream.pick(asksForGood ? Names.goodQuestions : Names.badQuestions).joined(separator: " ")
    }
    return "did \(Theme.all[theme].subject) \(asksForGood ? "improve" : "worsen") ?"
  }
}
