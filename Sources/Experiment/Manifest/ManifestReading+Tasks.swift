internal import Basics
internal import Language
internal import Specs

extension ManifestReading {
  mutating func tasks() -> [Manifest.Task] {
    guard let table = root["tasks"] else { return [] }
    if table.entries.isEmpty {
      report("'tasks' is empty", at: table.place, hint: "an experiment needs at least one task")
    }
    return table.entries.compactMap { entry in entry.value.isBroken ? nil : task(entry) }
  }

  private mutating func task(_ entry: Entry) -> Manifest.Task? {
    let value = entry.value
    guard let data = dataPlace(entry) else { return nil }
    guard var spec = value.has("generate") ? generated(entry) : fromFiles(entry) else { return nil }
    if let elements = value["metrics"]?.elements {
      spec.metrics = metrics(elements, of: spec, at: value["metrics"]?.place ?? entry.keyPlace)
    }
    let defaults = root["task_defaults"]
    if let word = (value["head"] ?? defaults?["head"] ?? root["head"])?.text,
      let head = HeadKind(rawValue: word)
    {
      spec.head = head
    } else {
      spec.head = vocabulary.kind(spec.kind).outline.usualHead
    }
    if let fraction = (value["validation_fraction"] ?? defaults?["validation_fraction"])?.number {
      spec.validationFraction = fraction
    }
    for split in Split.allCases {
      let limit = value["limits"]?[split.rawValue] ?? defaults?["limits"]?[split.rawValue]
      if let limit = limit?.integer { spec.limits[split.rawValue] = limit }
    }
    checkKind(spec, entry)
    let families = value["family"].map { $0.texts ?? [$0.text].compactMap(\.self) } ?? []
    return Manifest.Task(spec: spec, data: data, families: families, place: entry.keyPlace)
  }

  private mutating func dataPlace(_ entry: Entry) -> Manifest.DataPlace? {
    let value = entry.value
    let ways = ["data", "files", "generate"]
    let given = ways.filter { value.has($0) }
    guard given.count == 1, let way = given.first else {
      if given.isEmpty, ways.contains(where: value.means) { return nil }
      let what = given.isEmpty ? "has no examples" : "has both '\(given[0])' and '\(given[1])'"
      report(
        "the task '\(entry.key)' \(what)", at: entry.keyPlace,
        hint: "give it exactly one of data, files and generate")
      return nil
    }
    guard let place = value[way] else { return nil }
    switch way {
    case "data": return .folder(UserPath.expanded(place.text ?? "", home: home), place.place)
    case "files":
      var files: [Split: Manifest.LocatedPath] = [:]
      for split in Split.allCases {
        guard let file = place[split.rawValue], let path = file.text else { continue }
        files[split] = Manifest.LocatedPath(
          path: UserPath.expanded(path, home: home), place: file.place)
      }
      if !place.has(Split.train.rawValue) {
        report(
          "the task '\(entry.key)' has no training file", at: place.place, hint: "add 'train' to 'files'")
      }
      return .files(files)
    default: return .generated(place.place)
    }
  }

  // MARK: Generated tasks

  private mutating func generated(_ entry: Entry) -> TaskSpec? {
    let value = entry.value
    for key in ["kind", "text", "pair", "target", "labels", "anchors"] {
      guard let extra = value.entry(key) else { continue }
      report(
        "'\(key)' cannot be set for a generated task", at: extra.keyPlace,
        hint: "the form brings it; leave it out")
    }
    if let by = value.entry("by") {
      report(
        "'by' cannot be set for a generated task", at: by.keyPlace,
        hint: "it names a column, and generated rows have none; leave it out")
    }
    guard let generate = value["generate"], let form = generate["form"]?.text else { return nil }
    guard var spec = vocabulary.generatedTasks(form) else {
      report("the form '\(form)' makes no task", at: generate["form"]?.place)
      return nil
    }
    var generator = GeneratorSpec(form: form, rows: [:])
    for split in Split.allCases {
      if let rows = generate["rows"]?[split.rawValue]?.integer { generator.rows[split.rawValue] = rows }
    }
    for row in GeneratorSettings.rows {
      if let value = generate[row.parameter.name]?.settings.first { row.apply(value, &generator) }
    }
    if let rows = generate["rows"],
      !rows.has(Split.train.rawValue) || generator.rows[Split.train.rawValue] == 0
    {
      report("the task '\(entry.key)' has no training rows", at: rows.place, hint: "add 'train' to 'rows'")
    }
    spec.name = entry.key
    spec.source = .generated(generator)
    return spec
  }

  // MARK: Tasks from files

  private mutating func fromFiles(_ entry: Entry) -> TaskSpec? {
    let value = entry.value
    guard value.has("kind") else {
      if value.means("kind") { return nil }
      let kinds = vocabulary.kinds.map(\.name).joined(separator: ", ")
      report("the task '\(entry.key)' has no 'kind'", at: entry.keyPlace, hint: "add one of \(kinds)")
      return nil
    }
    guard let word = value["kind"]?.text,
      let kind = vocabulary.kinds.first(where: { $0.name == word })?.outline
    else { return nil }
    let suited = vocabulary.metrics(of: kind.kind)
    let usual = kind.usualMetrics.filter(suited.contains)
    var spec = TaskSpec(
      name: entry.key, kind: kind.kind, source: .files([:]), text: kind.usualText,
      target: value["target"]?.text ?? kind.usualTarget, metrics: usual.isEmpty ? suited : usual)
    if let text = value["text"] { spec.text = template(text, "text") }
    if let pair = value["pair"] { spec.pair = template(pair, "pair") }
    if !kind.takesPairs, let pair = value.entry("pair") {
      report("a \(kind.kind) task has no 'pair'", at: pair.keyPlace, hint: "leave it out")
    }
    refuse("labels", of: entry, kind) { $0.labels != nil }
    refuse("anchors", of: entry, kind, unless: \.takesAnchors)
    if let words = kind.labels { spec.labels = labels(entry, words) }
    if kind.takesAnchors { spec.labels = anchors(entry) }
    spec.by = groups(value, target: spec.target)
    return spec
  }

  /// The column within whose groups metrics are computed.
  private mutating func groups(_ value: Value, target: String) -> String? {
    guard let by = value["by"], let column = by.text else { return nil }
    if column == target {
      report(
        "'by' names the target '\(target)': within rows of one answer metrics have nothing to tell apart",
        at: by.place, hint: "name a column of the rows' origin or question; macro_f1 weighs all labels alike")
    }
    return column
  }

  /// Tells a key that tasks of other kinds have.
  private mutating func refuse(
    _ key: String, of entry: Entry, _ kind: KindOutline, unless takes: (KindOutline) -> Bool
  ) {
    guard !takes(kind), let given = entry.value.entry(key) else { return }
    let others = vocabulary.kinds.map(\.outline).filter(takes).map(\.kind.rawValue)
    report(
      "'\(key)' is for \(others.joined(separator: " and "))", at: given.keyPlace,
      hint: kind.answersKey.map { "a \(kind.kind) task has '\($0)'" } ?? "leave it out")
  }

  /// A template as it is, after a check that its braces name columns.
  private mutating func template(_ value: Value, _ key: String) -> String {
    let text = value.text ?? ""
    if (try? Template(text, of: key)) == nil {
      report("'\(key)' names no column", at: value.place, hint: "write columns in braces: \"{text}\"")
    }
    return text
  }

  private mutating func labels(_ entry: Entry, _ words: LabelWords) -> [LabelSpec] {
    let value = entry.value
    guard let listing = value["labels"] else {
      if !value.means("labels") {
        report(
          "the task '\(entry.key)' has no labels", at: entry.keyPlace, hint: "add \(words.example)")
      }
      return []
    }
    var labels: [LabelSpec] = []
    for element in listing.elements ?? [] {
      guard let name = element.text else { continue }
      if labels.contains(where: { $0.name == name }) {
        report("the label '\(name)' stands twice", at: element.place)
      }
      labels.append(LabelSpec(name: name, description: name))
    }
    for label in listing.entries {
      let description = label.value.text ?? ""
      labels.append(LabelSpec(name: label.key, description: description.isEmpty ? label.key : description))
    }
    if labels.count < 2 {
      report("the task '\(entry.key)' needs at least two labels", at: listing.place)
    }
    for label in labels {
      guard let problem = words.form?.problem(label.name) else { continue }
      report(problem.what, at: listing.place, hint: problem.hint)
    }
    return labels
  }

  private func anchors(_ entry: Entry) -> [LabelSpec] {
    (entry.value["anchors"]?.entries ?? []).map { anchor in
      let description = anchor.value["description"]?.text ?? anchor.key
      return LabelSpec(name: anchor.key, description: description, value: anchor.value["value"]?.number)
    }
  }

  // MARK: Checks

  private mutating func metrics(_ elements: [Value], of spec: TaskSpec, at place: Place) -> [String] {
    if elements.isEmpty { report("'metrics' is empty", at: place, hint: "leave it out for the usual ones") }
    let suited = vocabulary.metrics(of: spec.kind)
    let names = known(elements, among: vocabulary.metrics.map(\.name), kind: "metric") { word in
      OtherWords.metric(word, among: suited)
    }
    for element in elements {
      guard let name = element.text, names.contains(name), !suited.contains(name) else { continue }
      report(
        "the metric '\(name)' does not suit \(spec.kind)", at: element.place,
        hint: "these do: \(suited.joined(separator: ", "))")
    }
    return names
  }

  /// Tells what the task lacks by its kind; a form brings all of it.
  private mutating func checkKind(_ spec: TaskSpec, _ entry: Entry) {
    let (value, kind) = (entry.value, vocabulary.kind(spec.kind).outline)
    let isBroken = kind.answersKey.flatMap { value.entry($0)?.value.isBroken } ?? false
    guard !value.has("generate"), !isBroken, let problem = kind.problem(spec) else { return }
    report(problem.what, at: entry.keyPlace, hint: problem.hint)
  }
}
