internal import Basics
internal import Specs

extension ManifestReading {
  private static let common = ["method", "name", "of", "weights", "grid", "except"]

  mutating func merges(_ table: inout CocktailTable) -> [Manifest.Merge] {
    var merges: [Manifest.Merge] = []
    for value in root["merges"]?.elements ?? [] where !value.isBroken {
      guard value.entries.allSatisfy({ !$0.value.isBroken }), let inputs = inputs(value, &table),
        let weights = weights(value, inputs: inputs.count)
      else { continue }
      var found = methods(value).flatMap { variants(value, $0, inputs, weights) }
      // Of all methods those that cannot do it are left out; one that was asked for by name says why it cannot.
      if value["method"]?.text == "all" { found.removeAll { problem([$0]) != nil } }
      if let problem = problem(found) {
        report(
          problem.what, at: (value["weights"] ?? value["of"] ?? value["method"] ?? value).place,
          hint: problem.hint)
        continue
      }
      for merge in found {
        if merges.contains(where: { $0.model == merge.model }) {
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

  /// The first thing that the method has against one of the cells.
  private func problem(_ merges: [Manifest.Merge]) -> Diagnostic? {
    merges.lazy.filter { $0.weights.contains { $0 != 0 } }.compactMap { merge in
      vocabulary.methods.first { $0.name == merge.method }?.problem(merge.parameters, merge.weights)
    }.first
  }

  /// The method named, or all but those excepted.
  private mutating func methods(_ value: Value) -> [Vocabulary.Method] {
    guard let word = value["method"]?.text else { return [] }
    guard word == "all" else { return vocabulary.methods.filter { $0.name == word } }
    let known = vocabulary.methods.map(\.name)
    var excepted: [String] = []
    for element in value["except"]?.elements ?? [] {
      guard let name = element.text else { continue }
      excepted.append(name)
      if !known.contains(name) {
        report("unknown merge method '\(name)'", at: element.place, hint: suggestion(for: name, among: known))
      }
    }
    if value.has("name") {
      report(
        "all methods cannot have one name", at: value["name"]?.place ?? value.place, hint: "leave it out")
    }
    return vocabulary.methods.filter { !excepted.contains($0.name) }
  }

  private func variants(
    _ value: Value, _ method: Vocabulary.Method, _ inputs: [Int], _ weights: [Double]
  ) -> [Manifest.Merge] {
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
      let gridded = combination.filter { part in
        guard value.has(part.path) else { return true }
        guard let content = value[part.path]?.content, case .grid = content else { return false }
        return true
      }
      let shown = name == nil ? combination : gridded
      return Manifest.Merge(
        model: "merge:\(name ?? word)" + (shown.isEmpty ? "" : "(\(GridAxis.words(shown)))"),
        grid: points.count > 1 ? "merge:\(name ?? word)" : nil, method: word,
        words: GridAxis.words(combination), parameters: parameters, inputs: inputs,
        weights: weights,
        place: value.place)
    }
  }
}
