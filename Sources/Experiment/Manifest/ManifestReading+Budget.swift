internal import Basics
internal import Language
internal import Specs

/// When trainings end: one budget, a grid of one, or several arms.
extension ManifestReading {
  func budget(_ combination: [(path: String, value: ParameterValue)]) -> BudgetSpec {
    for parameter in BudgetSettings.parameters {
      guard let value = combination.first(where: { $0.path == "budget." + parameter.name })?.value,
        case .number(let number) = value, let budget = BudgetSettings.budget(parameter.name, number)
      else { continue }
      return budget
    }
    return .steps(1)
  }

  /// `200 optimiser steps`, `100 or 200 optimiser steps`; of arms `200 optimiser steps, 4 passes over …`.
  func budgetWords() -> String {
    if let arms = root["budget"]?["arms"]?.elements {
      return arms.compactMap { arm in
        axes(arm).first { axis in BudgetSettings.parameters.contains { $0.name == axis.path } }.map(words)
      }.joined(separator: ", ")
    }
    return axes(root["budget"]).first.map(words) ?? ""
  }

  private func words(_ axis: GridAxis) -> String {
    let unit =
      switch axis.path {
      case "tokens": "training tokens"
      case "passes": "passes over the target's training data"
      default: "optimiser steps"
      }
    return axis.values.map(\.description).joined(separator: " or ") + " " + unit
  }

  mutating func checkBudget() {
    guard let budget = root["budget"], budget.entries.count != 1 else { return }
    // A way that is misspelt has been told.
    if budget.entries.isEmpty, budget.meant != nil { return }
    let what =
      budget.entries.isEmpty ? "'budget' is empty" : "'budget' is set in \(budget.entries.count) ways"
    report(
      what, at: budget.entries.last?.keyPlace ?? budget.place, hint: "give exactly one of \(Self.ways), arms")
  }

  private static var ways: String { BudgetSettings.parameters.map(\.name).joined(separator: ", ") }

  // MARK: Arms

  /// What can be said of an arm's models beside names of tasks and cocktails.
  static let modelWords = ManifestShape.generators + ["merges"]

  /// An arm before the cocktails are known, with what it says of them.
  typealias ArmDraft = (arm: Manifest.Arm, models: Value?)

  /// The arms, for now with all models; one without a name where none are listed.
  mutating func arms() -> [ArmDraft] {
    guard let list = root["budget"]?["arms"], let elements = list.elements else {
      return [(Manifest.Arm(), nil)]
    }
    if elements.isEmpty {
      report("'arms' is empty", at: list.place, hint: "name a budget: [{steps: 200}]")
    }
    var arms: [ArmDraft] = []
    for element in elements {
      let found = BudgetSettings.parameters.compactMap { parameter -> (GridAxis, BudgetSpec)? in
        guard let axis = axes(element).first(where: { $0.path == parameter.name }),
          case .number(let number)? = axis.values.first,
          let budget = BudgetSettings.budget(parameter.name, number)
        else { return nil }
        return (axis, budget)
      }
      guard found.count == 1, let (axis, budget) = found.first else {
        // The keys are known, and so are their values: what is misspelt has been told.
        if element.meant == nil, element.entries.allSatisfy({ !$0.value.isBroken }) {
          let what = found.isEmpty ? "this arm has no budget" : "this arm has \(found.count) budgets"
          report(what, at: element.place, hint: "give exactly one of \(Self.ways)")
        }
        continue
      }
      let words =
        element["name"]?.text.map { "budget.arm=\($0)" } ?? "budget."
        + GridAxis.words([(axis.path, axis.values[0])])
      if arms.contains(where: { $0.arm.words == words }) {
        report(
          "two arms are '\(words)'", at: (element["name"] ?? element).place,
          hint: "give them names of their own")
      }
      arms.append((Manifest.Arm(words: words, budget: budget), element["models"]))
    }
    if arms.count == 1 { arms[0].arm.words = "" }
    return arms.isEmpty ? [(Manifest.Arm(), nil)] : arms
  }

  /// The arm with what is trained under it.
  mutating func arm(_ draft: ArmDraft, _ table: CocktailTable, hasMerges: Bool) -> Manifest.Arm {
    guard let list = draft.models, let words = list.elements else { return draft.arm }
    if words.isEmpty {
      report("'models' is empty", at: list.place, hint: "leave it out to train everything under this arm")
    }
    var arm = draft.arm
    (arm.cocktails, arm.hasMerges) = models(words, table, hasMerges: hasMerges)
    return arm
  }

  /// The cocktails that some words and names mean, and whether merges are among them.
  mutating func models(
    _ words: [Value], _ table: CocktailTable, hasMerges: Bool
  ) -> (cocktails: Set<Int>, merges: Bool) {
    var cocktails: Set<Int> = []
    var merges = false
    for element in words {
      guard let word = element.text else { continue }
      if word == "merges" {
        merges = true
        if !hasMerges { report("there are no merges", at: element.place, hint: "leave the word out") }
        continue
      }
      let found = table.cocktails.indices.filter {
        isMeant(table.cocktails[$0], by: word, of: table.taskNames.count)
      }
      if found.isEmpty {
        let words = Self.modelWords.filter { word in
          word == "merges"
            ? hasMerges : table.cocktails.contains { isMeant($0, by: word, of: table.taskNames.count) }
        }
        let names = table.cocktails.filter(\.isListed).map(\.name)
        let known = words + names.filter { !words.contains($0) }
        report(
          "no cocktail is called '\(word)'", at: element.place,
          hint: suggestion(for: word, among: known))
      }
      cocktails.formUnion(found)
    }
    return (cocktails, merges)
  }

  private func isMeant(_ cocktail: Manifest.Cocktail, by word: String, of tasks: Int) -> Bool {
    guard cocktail.isListed else { return false }
    switch word {
    case "singles": return cocktail.isSingle
    case "pairs": return cocktail.tasks.count == 2
    case "leave_one_out": return tasks > 2 && cocktail.tasks.count == tasks - 1
    case "all": return cocktail.tasks.count == tasks
    default: return cocktail.name == word
    }
  }
}
