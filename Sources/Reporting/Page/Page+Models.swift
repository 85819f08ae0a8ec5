internal import Results
internal import Specs
internal import Statistics

extension Page {
  /// All trained models, in the manifest's order.
  package var cocktailTable: Table {
    Table(
      cocktails,
      [
        .text("model", "The model.") { $0.candidate.model },
        .integer("tasks", "How many it learned.") { $0.candidate.tasks.count },
        .integer("seeds", "Behind the mean.") { $0.seeds },
        .integer("n", "Items of its tasks' test splits.") { $0.items },
        .text("mean", "Over its tasks.") { NumberText.estimate($0.mean) },
        .text("Δm % own tasks", "Over its tasks.") {
          $0.candidate.kind == .single ? "–" : Page.gain($0.ownGain, of: $0.seeds)
        },
        .text("Δm % all tasks", "Over all tasks.") {
          $0.candidate.kind == .single && $0.fullGain == nil ? "–" : Page.gain($0.fullGain, of: $0.seeds)
        },
        .text("won/tied/lost", "Against the singles.") { row in
          row.tally.map { "\($0.wins)/\($0.ties)/\($0.losses)" } ?? "–"
        },
        .integer("steps", "Mean steps.") { Int($0.candidate.mean(\.steps).rounded()) },
        .integer("examples", "Mean examples.") { Int($0.candidate.mean(\.examples).rounded()) },
        .integer("tokens", "Mean tokens.") { Int($0.candidate.mean(\.tokens).rounded()) },
      ])
  }

  private static func gain(_ gain: RelativeGain?, of seeds: Int) -> String {
    NumberText.estimate(gain?.estimate, digits: 1, signed: true, of: seeds)
  }

  /// Which tasks no relative gain can be told of.
  private var sizelessSentences: [String] {
    settings(of: cocktails.map(\.candidate)).compactMap { setting, place in
      let names = evidence.tasks.filter { evidence.isSizeless($0, settings: setting) }
        .map { MarkdownFormat.escaped($0.name) }
      guard !names.isEmpty else { return nil }
      return "Δm leaves out\(place): \(names.joined(separator: ", ")), whose "
        + "\(names.count == 1 ? "single is" : "singles are") not further from zero than the standard deviation over "
        + "its seeds."
    }
  }

  /// How many cocktails gain over their own tasks, and the best and the worst of them.
  package var cocktailSentences: [String] {
    let trained = cocktails.filter { $0.candidate.kind == .cocktail }
    guard !trained.isEmpty else { return ["No cocktail was trained."] }
    let known = trained.compactMap { row in
      row.ownGain.map { (name: row.candidate.model, gain: $0.estimate) }
    }
    guard let best = known.max(by: { $0.gain.mean < $1.gain.mean }),
      let worst = known.min(by: { $0.gain.mean < $1.gain.mean })
    else {
      return ["No cocktail can be compared with the singles of all of its tasks."] + sizelessSentences
    }
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
    ] + sizelessSentences
  }
}
