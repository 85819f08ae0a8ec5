internal import Results

extension ReportTable {
  /// Scores of each label.
  static let classes = ReportTable(
    name: "classes", question: "Which labels does every model of the comparison find?"
  ) { evidence in
    let rows = evidence.register.labels.flatMap { answers in
      answers.labels.indices.map { (answers: answers, label: $0) }
    }
    return Table(
      rows,
      identity + [
        .text("label", "The label, or the tag of a word.") { $0.answers.labels[$0.label] },
        .integer("support", "Test items, or words, that want it.") { $0.answers.support($0.label) },
        .number("precision", "Right ÷ answered, mean over seeds; 0 for a seed that never answers it.") {
          $0.answers.precision($0.label)
        },
        .number("recall", "Right ÷ wanted, mean over seeds.") { $0.answers.recall($0.label) },
        .number("f1", "F1 of the label, mean over seeds.") { $0.answers.f1($0.label) },
      ])
  }

  /// What was answered for what.
  static let confusion = ReportTable(
    name: "confusion", question: "What does every model of the comparison take for what?"
  ) { evidence in
    let rows = evidence.register.labels.flatMap { answers in
      answers.labels.indices.flatMap { target in
        answers.labels.indices.map { (answers: answers, label: target, answer: $0) }
      }
    }
    return Table(
      rows.map { (pair: (answers: $0.answers, label: $0.label), answer: $0.answer) },
      identity.map { field in Field(column: field.column) { field.cell($0.pair) } } + [
        .text("target", "What was wanted.") { $0.pair.answers.labels[$0.pair.label] },
        .text("answer", "What was answered.") { $0.pair.answers.labels[$0.answer] },
        .number("count", "How many test items, or words, mean over seeds.") {
          $0.pair.answers.count($0.pair.label, $0.answer)
        },
      ])
  }

  private typealias Line = (answers: LabelAnswers, label: Int)

  private static let identity: [Field<Line>] = [
    .text("arm", "The budget whose models are compared; empty where the manifest has one.") {
      $0.answers.arm
    },
    .text("task", "The task.") { $0.answers.task },
    .text("role", "What the model is in comparison.csv.") { $0.answers.role },
    .text("model", "Its name.") { $0.answers.model.model },
    .text("settings", "The grid point; empty where the manifest has no grid.") { $0.answers.model.settings },
    .integer("seeds", "Seeds behind the numbers; 1 for the base.") { $0.answers.counts.count },
  ]
}
