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
        .text("verdict", "Against the singles of all tasks.") { $0.contrast?.outcome?.rawValue ?? "–" },
        .integer("steps", "Mean steps.") { Int($0.candidate.mean(\.steps).rounded()) },
        .integer("examples", "Mean examples.") { Int($0.candidate.mean(\.examples).rounded()) },
        .integer("tokens", "Mean tokens.") { Int($0.candidate.mean(\.tokens).rounded()) },
        .text("TFLOP", "Mean operations of the training.") {
          NumberText.fixed($0.candidate.meanFLOPs / 1e12, digits: 2)
        },
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

  /// What the table holds.
  package var cocktailSentences: [String] {
    guard cocktails.contains(where: { $0.candidate.kind == .cocktail }) else {
      return ["No cocktail was trained."]
    }
    return [
      "Δm is the mean gain relative to the singles; its ± knows seeds alone. Verdicts stand in contrasts.csv."
    ] + sizelessSentences
  }
}
