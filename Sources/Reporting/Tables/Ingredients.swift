internal import Results

extension ReportTable {
  /// What a task does to another one that it is trained with.
  static let ingredients = ReportTable(
    name: "ingredients", question: "Which task helps or harms which other one as an ingredient?"
  ) { evidence in
    Table(
      evidence.ingredients,
      [
        .text("arm", "The grid point; empty where the manifest has no grid.") { $0.arm },
        .text("target", "The task that is looked at.") { $0.target },
        .text("metric", "Its first metric.") { $0.metric },
        .text("ingredient", "The task that is added.") { $0.ingredient },
      ] + effect("all", "the cocktail of all tasks minus that of all but the ingredient") { $0.inAll }
        + effect("pair", "the cocktail of both minus the target's single") { $0.inPair }
        + effect("pair_other", "the cocktail of both minus the ingredient's single, on the target") {
          $0.inPairOther
        })
  }

  private static func effect(
    _ prefix: String, _ words: String, _ contrast: @escaping @Sendable (IngredientRow) -> Contrast?
  ) -> [Field<IngredientRow>] {
    [
      .number(
        "\(prefix)_effect", unit: "metric", "What it adds: \(words); positive is better (contrasts.csv)."
      ) {
        contrast($0)?.estimate
      },
      .number("\(prefix)_low", unit: "metric", "Lower end of its 95 % interval for new seeds and new texts.")
      {
        contrast($0)?.interval?.lowerBound
      },
      .number("\(prefix)_high", unit: "metric", "Its upper end.") { contrast($0)?.interval?.upperBound },
      .text("\(prefix)_verdict", "win where it helps, loss where it harms, equal or undecided.") {
        contrast($0)?.outcome?.rawValue
      },
      .text("\(prefix)_note", "Why there is no verdict, or what to know of it.") { contrast($0)?.note },
    ]
  }
}

/// One task as an ingredient of another one's training.
package struct IngredientRow {
  package var arm: String
  package var target: String
  package var metric: String
  package var ingredient: String
  package var inAll: Contrast?
  package var inPair: Contrast?
  package var inPairOther: Contrast?
}

extension Evidence {
  /// By arm, target and ingredient, each in the manifest's order; only what was compared.
  package var ingredients: [IngredientRow] {
    let found = register.contrasts.filter {
      ["ingredient", "pair", "pair_other"].contains($0.question) && !$0.task.isEmpty
    }
    let arms = found.reduce(into: [String]()) { if !$0.contains($1.arm) { $0.append($1.arm) } }
    return arms.flatMap { arm in
      tasks.flatMap { target in
        tasks.compactMap { ingredient -> IngredientRow? in
          func contrast(_ question: String) -> Contrast? {
            found.first {
              $0.question == question && $0.arm == arm && $0.subject == ingredient.name
                && $0.task == target.name && $0.metric == target.decidingMetric?.name
            }
          }
          let row = IngredientRow(
            arm: arm, target: target.name, metric: target.decidingMetric?.name ?? "",
            ingredient: ingredient.name, inAll: contrast("ingredient"), inPair: contrast("pair"),
            inPairOther: contrast("pair_other"))
          return row.inAll == nil && row.inPair == nil ? nil : row
        }
      }
    }
  }
}
