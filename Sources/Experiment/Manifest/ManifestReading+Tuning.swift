internal import Basics
internal import Language
internal import Specs

/// What is tried for every model alike before seeds of their own train what is reported.
extension ManifestReading {
  /// The settings that are tried, in the order of the manifest; the head is one.
  func tunedAxes() -> [GridAxis] {
    (root["tune"]?.entries ?? []).flatMap { entry -> [GridAxis] in
      if entry.key == "head" { return [GridAxis(path: "head", values: values(entry.value))] }
      guard Self.sections.contains(entry.key) else { return [] }
      return entry.value.entries.map { setting in
        GridAxis(path: "\(entry.key).\(setting.key)", values: values(setting.value))
      }
    }.filter { !$0.values.isEmpty }
  }

  private func values(_ list: Value) -> [ParameterValue] { (list.elements ?? []).flatMap(\.settings) }

  /// The settings of a combination with those that are tried in their place.
  static func overriding(
    _ combination: [(path: String, value: ParameterValue)], _ tried: [(path: String, value: ParameterValue)]
  ) -> [(path: String, value: ParameterValue)] {
    // A budget is said in one way.
    let isBudget = tried.contains { $0.path.hasPrefix("budget.") }
    return combination.filter { setting in
      !tried.contains { $0.path == setting.path } && !(isBudget && setting.path.hasPrefix("budget."))
    } + tried
  }

  static func head(_ tried: [(path: String, value: ParameterValue)]) -> HeadKind? {
    tried.first { $0.path == "head" }.flatMap { HeadKind(rawValue: $0.value.description) }
  }

  /// The search; nil where the manifest asks for none.
  mutating func tuning(
    _ table: CocktailTable, tasks: [Manifest.Task], seeds: [Int], _ evaluate: Manifest.Evaluate
  ) -> Manifest.Tuning? {
    guard let value = root["tune"] else { return nil }
    var own: [Int] = []
    for element in value["seeds"]?.elements ?? [] {
      guard let seed = element.integer else { continue }
      if seeds.contains(seed) {
        report(
          "the seed \(seed) chooses and is reported", at: element.place,
          hint: "take seeds that do not stand in 'seeds': what chose a model flatters it")
      }
      own.append(seed)
    }
    for (path, place) in trainingGrids {
      report(
        "'\(path)' has a grid beside 'tune'", at: place,
        hint:
          "list its values under tune.\(path): a grid reports every point, and 'tune' the one that was chosen"
      )
    }
    if !evaluate.splits.contains(.validation) {
      report(
        "'tune' chooses on validation, which is not evaluated", at: value.place,
        hint: "add validation to evaluate.splits")
    }
    if let budget = value.entry("budget"), root["budget"]?["arms"] != nil {
      report(
        "'tune.budget' beside arms", at: budget.keyPlace,
        hint: "an arm is a budget that is not chosen: keep one of both")
    }
    checkHeads(value, tasks)
    var reported: Set<Int> = []
    if let words = value["report"]?.elements {
      reported = models(words, table, hasMerges: true).cocktails
    } else {
      reported = Set(
        table.cocktails.indices.filter { index in
          let cocktail = table.cocktails[index]
          return cocktail.isListed && (cocktail.isSingle || cocktail.tasks.count == table.taskNames.count)
        })
    }
    return Manifest.Tuning(seeds: own, reported: reported)
  }

  /// Every task must be able to have every head that is tried.
  private mutating func checkHeads(_ value: Value, _ tasks: [Manifest.Task]) {
    for element in value["head"]?.elements ?? [] {
      guard let head = element.text.flatMap({ HeadKind(rawValue: $0) }) else { continue }
      for task in tasks where task.spec.head != head {
        var spec = task.spec
        spec.head = head
        guard let problem = vocabulary.kind(spec.kind).outline.problem(spec) else { continue }
        report(problem.what, at: element.place, hint: problem.hint)
      }
    }
  }
}
