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
    checkLists(value)
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
    if case .listed(let names) = evaluate.tasks,
      let missing = table.taskNames.first(where: { !names.contains($0) })
    {
      report(
        "'tune' chooses each model's point by its own tasks, and evaluate.tasks leaves out '\(missing)'",
        at: value.place,
        hint: "add '\(missing)' to evaluate.tasks, or write evaluate: {tasks: own}")
    }
    checkBudget(of: value)
    checkHeads(value, tasks)
    var reported: Set<Int> = []
    if let words = value["report"]?.elements {
      for word in words where word.text == "merges" {
        report(
          "'report' names what is trained, and merges are made of it", at: word.place,
          hint: "leave it out: all merges are reported, of each grid the point that was chosen")
      }
      reported = models(words.filter { $0.text != "merges" }, table, hasMerges: false).cocktails
    } else {
      reported = Set(
        table.cocktails.indices.filter { index in
          let cocktail = table.cocktails[index]
          return cocktail.isListed && (cocktail.isSingle || cocktail.tasks.count == table.taskNames.count)
        })
    }
    return Manifest.Tuning(seeds: own, reported: reported)
  }

  /// Every list has something to try, and each thing once.
  private mutating func checkLists(_ value: Value) {
    func lists(_ value: Value) -> [(key: String, list: Value)] {
      value.entries.flatMap { entry -> [(key: String, list: Value)] in
        entry.value.elements == nil ? lists(entry.value) : [(entry.key, entry.value)]
      }
    }
    for (key, list) in lists(value) {
      if list.elements?.isEmpty ?? false {
        report("'\(key)' is empty", at: list.place, hint: "leave it out, or list what is to be tried")
      }
      var seen: [ParameterValue] = []
      for element in list.elements ?? [] {
        guard let found = element.settings.first ?? element.text.map({ .text($0) }) else { continue }
        if seen.contains(found) { report("\(found) stands twice in '\(key)'", at: element.place) }
        seen.append(found)
      }
    }
    if let sampling = value["sampling"] { checkRules(sampling) }
  }

  /// A way to draw needs its parameters, here or in the common sampling.
  private mutating func checkRules(_ tried: Value) {
    for element in tried["rule"]?.elements ?? [] {
      guard let word = element.text, let rule = vocabulary.samplingRule(word) else { continue }
      for key in rule.needs where !tried.has(key) && root["sampling"]?.has(key) != true {
        report(
          "the sampling rule '\(word)' needs '\(key)'", at: element.place,
          hint: "give it under sampling, or values of it under tune.sampling")
      }
    }
  }

  /// Budgets that are tried are said in one way, and validations are counted over steps.
  private mutating func checkBudget(of value: Value) {
    guard let budget = value["budget"] else { return }
    if budget.entries.count > 1 {
      report(
        "'tune.budget' is said in \(budget.entries.count) ways", at: budget.entries[1].keyPlace,
        hint: "keep one: points with two budgets have none")
    }
    let times = root["training"]?.entry("validate_times")
    if let times, times.value.settings.contains(where: { $0 != .number(0) }), !budget.has("steps") {
      report(
        "'validate_times' needs a budget of steps", at: times.keyPlace,
        hint: "write tune: {budget: {steps: […]}}")
    }
  }

  /// Some task must be able to have each head that is tried; others keep their own.
  private mutating func checkHeads(_ value: Value, _ tasks: [Manifest.Task]) {
    for element in value["head"]?.elements ?? [] {
      guard let head = element.text.flatMap({ HeadKind(rawValue: $0) }) else { continue }
      let problems = tasks.compactMap { task -> Diagnostic? in
        var spec = task.spec
        spec.head = head
        return vocabulary.kind(spec.kind).outline.problem(spec)
      }
      guard problems.count == tasks.count, let problem = problems.first else { continue }
      report(problem.what, at: element.place, hint: problem.hint)
    }
  }
}
