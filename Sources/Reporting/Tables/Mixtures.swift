package import Results
internal import Specs

extension ReportTable {
  /// What trained models really drew, as opposed to what was asked for.
  static let mixtures = ReportTable(name: "mixtures", question: "What was really drawn from every task?") {
    Table($0.mixtures, mixtureFields)
  }

  private static let mixtureFields: [Field<DrawnShare>] = [
    .text("model", "The trained model.") { $0.row.model },
    .integer("seed", "The seed.") { $0.row.seed },
    .text("task", "The task drawn from.") { $0.row.drawn.task },
    .integer("examples", "Examples drawn, repeats counted.") { $0.row.drawn.examples },
    .integer("tokens", "Tokens drawn, padding not counted.") { $0.row.drawn.tokens },
    .number("epochs", "Examples drawn ÷ examples of the training split.") { $0.row.drawn.epochs },
    .integer("repeats", unit: "examples", "Examples drawn that had been drawn before.") {
      $0.row.drawn.repeats
    },
    .number("share", "The part of the model's examples that came from this task, 0 to 1.") { $0.share },
  ]
}

/// What came from one task, and its part of the whole.
package struct DrawnShare {
  package var row: MixtureRow
  /// Nil where nothing was drawn at all.
  package var share: Double?
}

extension Evidence {
  /// The draws by model, seed and task, each in the manifest's order.
  package var mixtures: [DrawnShare] {
    let order = Dictionary(uniqueKeysWithValues: tasks.enumerated().map { ($1.name, $0) })
    let draws = Dictionary(grouping: results.mixtures) { [$0.model, String($0.seed)] }
    return candidates.flatMap(\.rows).flatMap { model -> [DrawnShare] in
      guard let seed = model.seed, let rows = draws[[model.model, String(seed)]] else { return [] }
      let total = rows.reduce(0) { $0 + $1.drawn.examples }
      // Tasks outside the list, general or mathematics data, come last, by name.
      let sorted = rows.sorted { left, right in
        let places = (order[left.drawn.task] ?? order.count, order[right.drawn.task] ?? order.count)
        return places.0 != places.1 ? places.0 < places.1 : left.drawn.task < right.drawn.task
      }
      return sorted.map { row in
        DrawnShare(row: row, share: total > 0 ? Double(row.drawn.examples) / Double(total) : nil)
      }
    }
  }
}
