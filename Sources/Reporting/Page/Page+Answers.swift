internal import Basics
internal import Results
internal import Statistics

extension Page {
  /// One line a question: its verdict, the mean over tasks, and how much stands behind it.
  package var answerTable: Table {
    let rows = Questions.all.entries.flatMap { question in
      evidence.register.contrasts.filter {
        $0.question == question.name && $0.question != "pair" && $0.task.isEmpty
      }.map { (question: question, contrast: $0) }
    }
    return Table(
      rows,
      [
        .text("question", "What is asked.") { row in
          let subject = [row.contrast.subject, row.contrast.arm].filter { !$0.isEmpty }
          return row.question.summary + (subject.isEmpty ? "" : " (\(subject.joined(separator: ", ")))")
        },
        .text("answer", "The verdict.") { $0.contrast.outcome?.rawValue ?? $0.contrast.note },
        .text("mean gain", "Over the learned tasks.") { NumberText.gain($0.contrast) },
        .integer("tasks", "Behind the mean.") { $0.contrast.tasks },
        .text("seeds", "Of both sides.") { "\($0.contrast.firstSeeds)/\($0.contrast.secondSeeds)" },
        .integer("n", "Test items.") { $0.contrast.items },
      ])
  }

  /// What the two tables are.
  package var answerSentences: [String] {
    guard !evidence.register.contrasts.isEmpty else { return ["Nothing could be compared."] }
    let judged = evidence.register.contrasts.filter { $0.outcome != nil }
    let decided = judged.filter { $0.outcome != .undecided }.count
    return [
      "One line a question, then one a task. \(decided) of \(NumberText.count(judged.count, "judged comparison")) "
        + "\(decided == 1 ? "is" : "are") decided."
    ]
  }

  /// One line a task: scores, verdicts, what helps and harms, what would decide.
  package var taskAnswers: String {
    guard !deciding.isEmpty else { return "" }
    let table = Table(
      deciding,
      [
        .text("task", "The task.") { $0.task.name },
        .text("metric", "Its first metric.") { $0.metric.name + ($0.metric.higherIsBetter ? " ↑" : " ↓") },
        .text("base", "The base.") { NumberText.fixed($0.base?.mean) },
        .text("single", "The single.") { NumberText.fixed($0.single?.score?.mean) },
        .text("all", "The cocktail of all tasks.") { Page.scoreAndVerdict($0[.allTaskCocktail]) },
        .text("merge", "The one merge.") { Page.scoreAndVerdict($0[.merge]) },
        .text("helps, harms", "Ingredients of the cocktail of all with a verdict.") { row in
          ingredients(of: row.task.name)
        },
        .text("would decide all", "What would decide the cocktail of all.") { row in
          row[.allTaskCocktail]?.contrast?.need.map(\.words) ?? "–"
        },
      ])
    return "\n" + MarkdownFormat.text(of: table)
  }

  private static func scoreAndVerdict(_ contender: Contender?) -> String {
    guard let contender, let score = contender.score else { return NumberText.missing }
    let verdict = contender.contrast?.outcome?.rawValue ?? contender.contrast?.note ?? ""
    return NumberText.fixed(score.mean) + (verdict.isEmpty ? "" : " \(verdict)")
  }

  /// `+fpb −fomc`.
  private func ingredients(of task: String) -> String {
    let found = evidence.register.contrasts.filter { $0.question == "ingredient" && $0.task == task }
    let words = found.compactMap { contrast -> String? in
      switch contrast.outcome {
      case .win: "+" + contrast.subject
      case .loss: "−" + contrast.subject
      case .equal, .undecided, nil: nil
      }
    }
    return words.isEmpty ? "–" : words.joined(separator: " ")
  }
}
