internal import Experiment
internal import Specs

extension Page {
  /// All trained models, in the manifest's order.
  package var cocktailTable: Table {
    Table(
      cocktails,
      [
        .text("model", "The model.") { $0.candidate.model },
        .integer("tasks", "How many it learned.") { $0.candidate.tasks.count },
        .integer("seeds", "Its seeds.") { $0.candidate.rows.count },
        .text("mean", "Over its tasks.") { NumberText.estimate($0.mean) },
        .text("Δm % own tasks", "Over its tasks.") {
          $0.candidate.kind == .single ? "–" : NumberText.estimate($0.ownGain, digits: 1, signed: true)
        },
        .text("Δm % all tasks", "Over all tasks.") {
          NumberText.estimate($0.fullGain, digits: 1, signed: true)
        },
        .text("won/tied/lost", "Against the singles.") { row in
          row.tally.map { "\($0.wins)/\($0.ties)/\($0.losses)" } ?? "–"
        },
        .integer("steps", "Mean steps.") { Int($0.candidate.mean(\.steps).rounded()) },
        .integer("examples", "Mean examples.") { Int($0.candidate.mean(\.examples).rounded()) },
        .integer("tokens", "Mean tokens.") { Int($0.candidate.mean(\.tokens).rounded()) },
      ])
  }

  /// How many cocktails gain over their own tasks, and the best and the worst of them.
  package var cocktailSentences: [String] {
    let trained = cocktails.filter { $0.candidate.kind == .cocktail }
    guard !trained.isEmpty else { return ["No cocktail was trained."] }
    let known = trained.compactMap { row in row.ownGain.map { (name: row.candidate.model, gain: $0) } }
    guard let best = known.max(by: { $0.gain.mean < $1.gain.mean }),
      let worst = known.min(by: { $0.gain.mean < $1.gain.mean })
    else { return ["No cocktail can be compared with the singles of all of its tasks."] }
    func describe(_ item: (name: String, gain: Estimate)) -> String {
      "\(MarkdownFormat.escaped(item.name)) (\(NumberText.estimate(item.gain, digits: 1, signed: true)) %)"
    }
    let gaining = known.filter { $0.gain.mean > 0 }.count
    var sentences = [
      "\(gaining) of \(NumberText.count(known.count, "cocktail")) "
        + "\(gaining == 1 ? "gains" : "gain") over the singles on average over their own tasks (Δm "
        + "above zero)."
    ]
    sentences.append("Highest Δm on test: \(describe(best)).")
    if worst.name != best.name { sentences.append("Lowest: \(describe(worst)).") }
    return sentences + [
      "These two are the ends of the table, not a choice: choices are made on validation only."
    ]
  }
}
