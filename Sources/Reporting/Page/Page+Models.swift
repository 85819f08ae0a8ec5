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

  /// All merges, in the manifest's order.
  package var mergeTable: Table {
    let tasks = evidence.tasks.enumerated().map { index, task in
      Field<MergeRow>.number(task.name, "Normalised score.") { $0.normalised[index] }
    }
    return Table(
      merges,
      [.text("model", "The merge.") { $0.candidate.model }] + tasks + [
        .number("mean", "Over its tasks.") { $0.mean },
        .text("worst task", "The lowest.") { row in
          row.worst.map { "\($0.task) (\(NumberText.fixed($0.score)))" } ?? NumberText.missing
        },
        .text("chosen on validation", "The best of its tasks.") { $0.isChosen ? "yes" : "no" },
        .number("retained energy", "Mean share.") { $0.retainedEnergy },
        .text("served", "Who decides among its parts.") { $0.candidate.serving?.by ?? "one adapter" },
        .text("size", "Megabytes.") { NumberText.fixed($0.candidate.mean(\.bytes) / 1e6, digits: 2) + " MB" },
      ])
  }

  /// What the chosen merges keep.
  package var mergeSentences: [String] {
    guard !merges.isEmpty else { return ["Nothing was merged."] }
    let chosen = merges.filter(\.isChosen)
    guard !chosen.isEmpty else {
      return ["Normalised scores (merged ÷ single, 1 is as good). No merge could be chosen on validation."]
    }
    return ["Normalised scores (merged ÷ single, 1 is as good)."]
      + chosen.map { row in
        let worst = row.worst.map {
          "; worst is \(MarkdownFormat.escaped($0.task)) at \(NumberText.fixed($0.score))"
        }
        return "Chosen on validation for \(MarkdownFormat.escaped(row.candidate.taskList)): "
          + "\(MarkdownFormat.escaped(row.candidate.model))\(row.candidate.isTold ? " (told the task)" : ""), which keeps \(NumberText.fixed(row.mean)) "
          + "of its singles "
          + "on average\(worst ?? "")."
      }
  }
}
