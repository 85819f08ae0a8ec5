internal import Results
internal import Specs
internal import Statistics

extension Page {
  /// Rows trained on, columns evaluated on: the gain over the single of the column's task.
  package var transferTable: Table {
    let cells = Dictionary(
      uniqueKeysWithValues: transfers.map { ([$0.candidate.model, $0.task.name], $0) })
    return Table(
      evidence.candidates(of: .single, .cocktail),
      [.text("trained", "The trained model.") { $0.model }]
        + evidence.tasks.map { task in
          .text(heading(task), "The gain over its single.") { candidate in
            Page.transferCell(cells[[candidate.model, task.name]])
          }
        })
  }

  private static func transferCell(_ row: TransferRow?) -> String {
    guard let row else { return NumberText.missing }
    if row.candidate.kind == .single, row.seen { return "–" }
    let text = NumberText.gain(row.overSingle)
    return row.seen ? text + " (seen)" : text
  }

  /// What training does to tasks that were not in it.
  package var transferSentences: [String] {
    guard !transfers.isEmpty else { return ["No trained model was evaluated."] }
    let explanation =
      "Gain over the single of the column's task at the same settings, first metric, positive is better; "
      + "– is the single itself, seen means that the task was in the training."
    return [explanation]
  }

  /// One row for each trained model: the share of every task, and how often its data were seen.
  package var mixtureTable: Table {
    let draws = Dictionary(grouping: evidence.mixtures) { [$0.row.model, $0.row.drawn.task] }
    let models = evidence.candidates(of: .cocktail).filter { candidate in
      evidence.results.mixtures.contains { $0.model == candidate.model }
    }
    return Table(
      models,
      [.text("model", "The cocktail.") { $0.model }]
        + evidence.tasks.map { task in
          .text(task.name, "Share of the examples and passes over the data.") { candidate in
            Page.mixtureCell(draws[[candidate.model, task.name]] ?? [])
          }
        })
  }

  private static func mixtureCell(_ draws: [DrawnShare]) -> String {
    guard let share = Estimate(draws.compactMap(\.share)),
      let epochs = Estimate(draws.map(\.row.drawn.epochs))
    else {
      return "–"
    }
    return NumberText.fixed(100 * share.mean, digits: 1)
      + " % (\(NumberText.fixed(epochs.mean, digits: 1)) epochs)"
  }

  /// The task that was repeated most.
  package var mixtureSentences: [String] {
    let draws = evidence.mixtures
    guard let most = draws.max(by: { $0.row.drawn.epochs < $1.row.drawn.epochs }) else {
      return ["Nothing was drawn."]
    }
    let drawn = most.row.drawn
    return [
      "Share of the examples that the cocktails drew from each task and passes over its training data, "
        + "means over seeds.",
      "Seen most often: \(MarkdownFormat.escaped(drawn.task)) in \(MarkdownFormat.escaped(most.row.model)), "
        + "\(NumberText.fixed(drawn.epochs, digits: 1)) epochs.",
    ]
  }
}
