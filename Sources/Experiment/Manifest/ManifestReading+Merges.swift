internal import Basics
internal import Language
internal import Specs

extension ManifestReading {
  private static let common = ["method", "name", "of", "weights", "grid", "except"]

  mutating func merges(_ table: inout CocktailTable, points: [Manifest.GridPoint]) -> [Manifest.Merge] {
    var merges: [Manifest.Merge] = []
    var names: Set<String> = []
    for value in root["merges"]?.elements ?? [] where !value.isBroken {
      guard value.entries.allSatisfy({ !$0.value.isBroken }), let inputs = inputs(value, &table),
        let weights = weights(value, inputs: inputs.count)
      else { continue }
      for merge in cells(value, inputs, weights) {
        checkRounds(merge, value, points.map(\.budget))
        checkEnds(merge, value, table, points)
        if !names.insert(merge.model).inserted {
          report(
            "two merges are called '\(merge.model)'", at: merge.place,
            hint: "give one of them a 'name' of its own")
        } else {
          merges.append(merge)
        }
      }
    }
    return merges
  }

  /// Every round has to take a step.
  private mutating func checkRounds(_ merge: Manifest.Merge, _ value: Value, _ budgets: [BudgetSpec]) {
    guard let rounds = merge.rounds else { return }
    for budget in budgets {
      let (size, unit) =
        switch budget {
        case .steps(let steps): (steps, "steps")
        case .tokens(let tokens): (tokens, "tokens")
        case .passes: (rounds.value, "passes")
        }
      guard size < rounds.value else { continue }
      report(
        "a budget of \(size) \(unit) cannot be shared out among \(rounds.value) rounds",
        at: (value[rounds.key] ?? value).place, hint: "lower '\(rounds.key)' or raise budget.\(unit)")
      return
    }
  }

  /// Models that are trained together have a task each, and every step a row of each.
  private mutating func checkEnds(
    _ merge: Manifest.Merge, _ value: Value, _ table: CocktailTable, _ points: [Manifest.GridPoint]
  ) {
    guard case .ends = merge.demands.trained?.how else { return }
    let place = (value["of"] ?? value["method"] ?? value).place
    if let cocktail = merge.inputs.map({ table.cocktails[$0] }).first(where: { !$0.isSingle }) {
      report(
        "'\(merge.method)' trains a model for each task, and '\(cocktail.name)' has \(cocktail.tasks.count)",
        at: place, hint: "name tasks")
    }
    let small = points.map(\.training).first {
      $0.batchTokens == 0 && $0.batchRows * $0.accumulation < merge.inputs.count
    }
    if let small {
      report(
        "a step of \(small.batchRows * small.accumulation) rows has none for some of \(merge.inputs.count) tasks",
        at: place, hint: "raise training.batch_rows")
    }
  }

  private mutating func inputs(_ value: Value, _ table: inout CocktailTable) -> [Int]? {
    let place = (value["of"] ?? value).place
    guard let elements = value["of"]?.elements else {
      return table.taskNames.compactMap { table.index(named: $0, place: place) }
    }
    if elements.isEmpty {
      report(
        "a merge of no model", at: place, hint: "name at least one task or cocktail, or write of: singles")
      return nil
    }
    var inputs: [Int] = []
    for element in elements {
      guard let name = element.text else { return nil }
      guard let index = table.index(named: name, place: element.place) else {
        let variants = table.knownNames.filter { $0.hasPrefix(name + "(") }
        let hint =
          variants.isEmpty
          ? suggestion(for: name, among: table.knownNames)
          : "it has a grid, and a merge needs one of its cells as a cocktail"
        report("unknown task or cocktail '\(name)'", at: element.place, hint: hint)
        return nil
      }
      if inputs.contains(index) {
        report("'\(name)' stands twice in the merge", at: element.place, hint: "give it a weight instead")
        return nil
      }
      inputs.append(index)
    }
    return inputs
  }

  private mutating func weights(_ value: Value, inputs: Int) -> [Double]? {
    guard value.has("weights") else { return Array(repeating: 1, count: inputs) }
    guard let list = value["weights"], let elements = list.elements else { return nil }
    let weights = elements.compactMap(\.number)
    guard weights.count == elements.count else { return nil }
    guard weights.count == inputs else {
      report(
        "\(weights.count) \(weights.count == 1 ? "weight" : "weights") for \(inputs) models", at: list.place,
        hint: "give one weight for each, in their order")
      return nil
    }
    if weights.allSatisfy({ $0 == 0 }) { report("all weights are 0", at: list.place) }
    return weights
  }

  /// The merges of one entry; those of `all` that cannot be, or that another method's cell is already, are left out.
  private mutating func cells(_ value: Value, _ inputs: [Int], _ weights: [Double]) -> [Manifest.Merge] {
    let over = ranges(value)
    let isAll = value["method"]?.text == "all"
    var cells: [Manifest.Merge] = []
    var seen: Set<[String: ParameterValue]> = []
    for method in methods(value) {
      let merges = variants(value, method, inputs, weights, over)
      checkSearch(merges, value)
      for merge in merges {
        let problem = weights.contains { $0 != 0 } ? method.problem(merge.parameters, weights) : nil
        if let problem, !isAll {
          let place = (value["weights"] ?? value["of"] ?? value["method"] ?? value).place
          report(problem.what, at: place, hint: problem.hint)
          return []
        }
        let identity = merge.parameters.merging(["rule of": .text(method.rule)]) { $1 }
        if problem == nil, !isAll || seen.insert(identity).inserted { cells.append(merge) }
      }
    }
    return cells
  }

  /// The method named, or of `all` the rules but those excepted: what learns, searches or trains is named.
  private mutating func methods(_ value: Value) -> [Vocabulary.Method] {
    guard let word = value["method"]?.text else { return [] }
    guard word == "all" else { return vocabulary.methods.filter { $0.name == word } }
    let known = vocabulary.methods.map(\.name)
    var excepted: [String] = []
    for element in value["except"]?.elements ?? [] {
      guard let name = element.text else { continue }
      excepted.append(name)
      if !known.contains(name) {
        report(
          "unknown merge method '\(name)'", at: element.place, hint: OtherWords.methodHint(name, among: known)
        )
      }
    }
    if value.has("name") {
      report(
        "all methods cannot have one name", at: value["name"]?.place ?? value.place, hint: "leave it out")
    }
    return vocabulary.methods.filter {
      let demands = $0.usualDemands
      return demands.tuning == nil && demands.trained == nil && !excepted.contains($0.name)
    }
  }

  private func variants(
    _ value: Value, _ method: Vocabulary.Method, _ inputs: [Int], _ weights: [Double], _ over: [SearchRange]
  ) -> [Manifest.Merge] {
    let ranges = over.map {
      "\($0.name) in \(ParameterValue.number($0.from))…\(ParameterValue.number($0.to))"
    }
    let word = method.name
    var given = axes(value).filter { !Self.common.contains($0.path) }
    if value["grid"]?.text == "usual" {
      given += method.parameters.filter { parameter in
        !parameter.usual.isEmpty && !given.contains { $0.path == parameter.name }
      }.map { GridAxis(path: $0.name, values: $0.usual) }
    }
    let name = value["name"]?.text
    let points = GridAxis.combinations(given)
    return points.map { combination in
      var parameters: [String: ParameterValue] = [:]
      for parameter in method.parameters { parameters[parameter.name] = parameter.defaultValue }
      for part in combination { parameters[part.path] = part.value }
      for parameter in method.parameters where parameter.isOff(parameters[parameter.name]) {
        parameters[parameter.name] = nil
      }
      let gridded = combination.filter { part in
        guard value.has(part.path) else { return true }
        guard let content = value[part.path]?.content, case .grid = content else { return false }
        return true
      }
      let shown = name == nil ? combination : gridded
      return Manifest.Merge(
        model: "merge:\(name ?? word)" + (shown.isEmpty ? "" : "(\(GridAxis.words(shown)))"),
        grid: points.count > 1 ? "merge:\(name ?? word)" : nil, method: word,
        words: ([GridAxis.words(combination)] + ranges).filter { !$0.isEmpty }.joined(separator: " "),
        parameters: parameters, inputs: inputs, weights: weights, over: over,
        demands: method.demands(parameters), place: value.place)
    }
  }

  /// What a search tries: names with two numbers each.
  private mutating func ranges(_ value: Value) -> [SearchRange] {
    (value["over"]?.entries ?? []).compactMap { entry in
      let numbers = entry.value.elements?.compactMap(\.number) ?? []
      guard numbers.count == 2, numbers.count == entry.value.elements?.count, numbers[0] <= numbers[1] else {
        report(
          "'over.\(entry.key)' must be two numbers, the smaller one first", at: entry.value.place,
          hint: "for instance [0.1, 1]")
        return nil
      }
      return SearchRange(name: entry.key, from: numbers[0], to: numbers[1])
    }
  }

  /// Every range must be one of a parameter of every method that is tried; without ranges there must be usual values, or
  /// weights to move.
  private mutating func checkSearch(_ merges: [Manifest.Merge], _ value: Value) {
    var seen: Set<String> = []
    for merge in merges {
      guard let search = merge.demands.search, let tried = search.tried,
        let method = vocabulary.method(tried.value)
      else { continue }
      guard let entries = value["over"]?.entries else {
        let weights = search.movesWeights
        guard weights?.value != true, method.parameters.allSatisfy(\.usual.isEmpty),
          seen.insert(method.name).inserted
        else { continue }
        report(
          "there is nothing to search: no parameter of merge method '\(method.name)' has usual values",
          at: (value[tried.key] ?? value).place,
          hint: "name parameters under 'over'" + (weights.map { ", or set \($0.key): true" } ?? ""))
        continue
      }
      if seen.insert(method.name).inserted { checkRanges(merge.over, entries, method) }
    }
  }

  private mutating func checkRanges(
    _ ranges: [SearchRange], _ entries: [Entry], _ method: Vocabulary.Method
  ) {
    let specs = method.parameters.filter(\.isNumber)
    for range in ranges {
      guard let entry = entries.first(where: { $0.key == range.name }) else { continue }
      guard let spec = specs.first(where: { $0.name == range.name }) else {
        report(
          "'\(range.name)' is no number parameter of merge method '\(method.name)'", at: entry.keyPlace,
          hint: suggestion(for: range.name, among: specs.map(\.name)))
        continue
      }
      let problem = [range.from, range.to].lazy.compactMap { spec.problem(with: .number($0)) }.first
      if let problem { report(problem, at: entry.value.place) }
    }
  }
}

extension ParameterSpec {
  /// Whether it takes numbers.
  fileprivate var isNumber: Bool {
    switch kind {
    case .number, .integer: true
    case .flag, .choice: false
    }
  }
}
