internal import Basics
internal import Language
internal import Specs

/// The cocktails of an experiment, each set of tasks with each sampling once, under the first name that asks for it.
struct CocktailTable {
  let taskNames: [String]
  private let families: [String: [String]]
  private(set) var cocktails: [Manifest.Cocktail] = []
  private var names: [String: Int] = [:]

  init(tasks: [Manifest.Task], taskNames: [String]) {
    self.taskNames = taskNames
    families = Dictionary(uniqueKeysWithValues: tasks.map { ($0.name, $0.families) })
  }

  /// Names that merges can use, in the order of the tables.
  var knownNames: [String] { taskNames + cocktails.filter { !$0.isSingle }.map(\.name) }

  /// Adds a cocktail and returns its index; nil where another one has the name.
  mutating func add(
    _ name: String, _ tasks: [String], sampling: SamplingSpec? = nil, isListed: Bool = true, place: Place
  ) -> Int? {
    let isSingle = tasks.count == 1
    var sampling = isSingle ? nil : sampling
    if let weights = sampling?.weights { sampling?.weights = weights.filter { tasks.contains($0.key) } }
    if let index = cocktails.firstIndex(where: { $0.tasks == tasks && $0.sampling == sampling }) {
      guard names[name] == nil || names[name] == index else { return nil }
      names[name] = index
      if isListed { cocktails[index].isListed = true }
      return index
    }
    guard names[name] == nil else { return nil }
    let shown = isSingle ? tasks[0] : name
    cocktails.append(
      Manifest.Cocktail(name: shown, tasks: tasks, sampling: sampling, isListed: isListed, place: place))
    names[name] = cocktails.count - 1
    names[shown] = cocktails.count - 1
    return cocktails.count - 1
  }

  /// The cocktail of that name; a task's name is its single, which is added unlisted where it is missing.
  mutating func index(named name: String, place: Place) -> Int? {
    if let index = names[name] { return index }
    guard taskNames.contains(name) else { return nil }
    return add(name, [name], isListed: false, place: place)
  }

  // MARK: Generators

  /// A cocktail before it has a place in the table.
  typealias Draft = (name: String, tasks: [String])

  var singles: [Draft] { taskNames.map { ($0, [$0]) } }

  var leaveOneOut: [Draft] {
    guard taskNames.count > 1 else { return [] }
    return taskNames.map { left in ("all-but-\(left)", taskNames.filter { $0 != left }) }
  }

  var all: [Draft] { [("all", taskNames)] }

  /// All pairs for which `isWanted` holds of the families of both.
  func pairs(where isWanted: ([String], [String]) -> Bool = { _, _ in true }) -> [Draft] {
    subsets(of: 2).filter { isWanted(families[$0.tasks[0]] ?? [], families[$0.tasks[1]] ?? []) }
  }

  /// All sets of so many tasks, in the order of the manifest.
  func subsets(of size: Int) -> [Draft] {
    guard size <= taskNames.count else { return [] }
    var sets: [[Int]] = [[]]
    for _ in 0..<size {
      sets = sets.flatMap { set in ((set.last ?? -1) + 1..<taskNames.count).map { set + [$0] } }
    }
    return sets.map { set in
      let tasks = set.map { taskNames[$0] }
      return (tasks.joined(separator: "+"), tasks)
    }
  }

  /// Every family that some task has.
  var knownFamilies: [String] {
    var known: [String] = []
    for family in taskNames.flatMap({ families[$0] ?? [] }) where !known.contains(family) {
      known.append(family)
    }
    return known
  }
}

extension ManifestReading {
  mutating func readCocktails(into table: inout CocktailTable) {
    guard let value = root["cocktails"] else {
      add(table.singles, to: &table, place: root["tasks"]?.place ?? root.place)
      return
    }
    if value.elements?.isEmpty ?? false {
      report("'cocktails' is empty", at: value.place, hint: "leave it out to train each task alone")
    }
    for element in value.elements ?? [] where !element.isBroken {
      switch element.text {
      case "singles": add(table.singles, to: &table, place: element.place)
      case "pairs": add(table.pairs(), of: "pairs", to: &table, place: element.place)
      case "leave_one_out": add(table.leaveOneOut, of: "leave_one_out", to: &table, place: element.place)
      case "all": add(table.all, to: &table, place: element.place)
      default: cocktail(element, into: &table)
      }
    }
  }

  private mutating func add(
    _ drafts: [CocktailTable.Draft], of generator: String = "", to table: inout CocktailTable, place: Place
  ) {
    if drafts.isEmpty, !generator.isEmpty {
      report(
        "'\(generator)' makes no cocktail of \(table.taskNames.count) tasks", at: place,
        hint: "add tasks or leave it out")
    }
    for draft in drafts where table.add(draft.name, draft.tasks, place: place) == nil {
      report(
        "two different cocktails are called '\(draft.name)'", at: place, hint: "rename a task or a cocktail")
    }
  }

  private mutating func cocktail(_ value: Value, into table: inout CocktailTable) {
    let ways = ["pairs", "subsets", "tasks"].filter { value.has($0) }
    guard ways.count == 1, let way = ways.first else {
      if ways.isEmpty, ["pairs", "subsets", "tasks"].contains(where: value.means) { return }
      let what = ways.isEmpty ? "this cocktail has no tasks" : "this cocktail is given in \(ways.count) ways"
      report(what, at: value.place, hint: "give exactly one of tasks, pairs and subsets")
      return
    }
    if way != "tasks" {
      for key in ["name", "sampling"] {
        guard let extra = value.entry(key) else { continue }
        report(
          "'\(key)' cannot stand beside '\(way)'", at: extra.keyPlace, hint: "it belongs to a list of tasks")
      }
    }
    guard let content = value[way] else { return }
    switch way {
    case "pairs": pairs(content, into: &table)
    case "subsets": subsets(content, into: &table)
    default: named(value, content, into: &table)
    }
  }

  private mutating func pairs(_ value: Value, into table: inout CocktailTable) {
    guard value.text == nil else {
      let drafts = table.pairs { first, second in first.contains { second.contains($0) } }
      if drafts.isEmpty {
        report("no two tasks share a family", at: value.place, hint: "give tasks a 'family'")
      }
      add(drafts, to: &table, place: value.place)
      return
    }
    guard let family = value["family"], let name = family.text else { return }
    let drafts = table.pairs { $0.contains(name) && $1.contains(name) }
    if !table.knownFamilies.contains(name) {
      let hint = suggestion(for: name, among: table.knownFamilies)
      report("no task is of the family '\(name)'", at: family.place, hint: hint)
    } else if drafts.isEmpty {
      report("only one task is of the family '\(name)'", at: family.place, hint: "a pair needs two")
    }
    add(drafts, to: &table, place: value.place)
  }

  private mutating func subsets(_ value: Value, into table: inout CocktailTable) {
    guard let sizes = value["sizes"] else { return }
    if sizes.elements?.isEmpty ?? false { report("'sizes' is empty", at: sizes.place) }
    for element in sizes.elements ?? [] {
      guard let size = element.integer else { continue }
      guard size <= table.taskNames.count else {
        report("there are no subsets of \(size) among \(table.taskNames.count) tasks", at: element.place)
        continue
      }
      add(table.subsets(of: size), to: &table, place: element.place)
    }
  }

  private mutating func named(_ value: Value, _ list: Value, into table: inout CocktailTable) {
    if list.elements?.isEmpty ?? false {
      report("a cocktail without tasks", at: list.place, hint: "name at least one task")
    }
    let found = known(list.elements ?? [], among: table.taskNames, kind: "task")
    let tasks = table.taskNames.filter(found.contains)
    guard !tasks.isEmpty, found.count == list.elements?.count, value.entry("name")?.value.isBroken != true
    else {
      return
    }
    let place = (value["name"] ?? value).place
    let name = value["name"]?.text ?? tasks.joined(separator: "+")
    let reserved = ManifestShape.generators + ["subsets", "base"]
    if reserved.contains(name) || (table.taskNames.contains(name) && tasks != [name]) {
      let owner = reserved.contains(name) ? "a word of the language" : "the name of a task"
      report("a cocktail cannot be called '\(name)', which is \(owner)", at: place)
      return
    }
    for (suffix, sampling) in variants(value["sampling"], tasks: tasks, table) {
      if table.add(name + suffix, tasks, sampling: sampling, place: place) == nil {
        report("two different cocktails are called '\(name + suffix)'", at: place, hint: "rename one of them")
      }
    }
  }

  /// The samplings that a cocktail's own rule stands for, with what a grid adds to the name.
  private mutating func variants(
    _ value: Value?, tasks: [String], _ table: CocktailTable
  ) -> [(suffix: String, sampling: SamplingSpec?)] {
    guard let value else { return [("", nil)] }
    checkSampling(value, taskNames: table.taskNames)
    for entry in value["weights"]?.entries ?? []
    where table.taskNames.contains(entry.key) && !tasks.contains(entry.key) {
      report(
        "the task '\(entry.key)' is not in this cocktail", at: entry.keyPlace, hint: "leave its weight out")
    }
    return GridAxis.combinations(axes(value)).map { combination in
      let gridded = combination.filter { part in
        guard let content = value[part.path]?.content, case .grid = content else { return false }
        return true
      }
      let suffix = gridded.isEmpty ? "" : "(\(GridAxis.words(gridded)))"
      return (suffix, sampling(combination, value, prefix: ""))
    }
  }
}
