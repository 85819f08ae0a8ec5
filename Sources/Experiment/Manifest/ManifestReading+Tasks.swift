internal import Basics
internal import Language
internal import Specs

extension ManifestReading {
  /// Metrics where a task names none: those of its kind, in this order, that exist.
  private static let usualMetrics: [(kind: TaskKind, names: [String])] = [
    (.classification, ["macro_f1", "accuracy"]),
    (.regression, ["pearson", "spearman", "mse"]),
    (.tagging, ["entity_f1"]),
  ]

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
    }
    if let fraction = (value["validation_fraction"] ?? defaults?["validation_fraction"])?.number {
      spec.validationFraction = fraction
    }
    for split in Split.allCases {
      let limit = value["limits"]?[split.rawValue] ?? defaults?["limits"]?[split.rawValue]
      if let limit = limit?.integer { spec.limits[split.rawValue] = limit }
    }
    checkHead(spec, entry)
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
      let kinds = TaskKind.allCases.map(\.rawValue).joined(separator: ", ")
      report("the task '\(entry.key)' has no 'kind'", at: entry.keyPlace, hint: "add one of \(kinds)")
      return nil
    }
    guard let word = value["kind"]?.text, let kind = TaskKind(rawValue: word) else { return nil }
    let usual = Self.usualMetrics.first { $0.kind == kind }?.names ?? []
    let suited = vocabulary.metrics.filter { $0.kinds.contains(kind) }.map(\.name)
    var metrics = usual.filter(suited.contains)
    if metrics.isEmpty { metrics = suited }
    let target =
      value["target"]?.text ?? [.classification: "label", .regression: "score", .tagging: "tags"][kind]
    var spec = TaskSpec(
      name: entry.key, kind: kind, source: .files([:]), text: kind == .tagging ? "{tokens}" : "{text}",
      target: target ?? "label", metrics: metrics)
    if let text = value["text"] { spec.text = template(text, "text") }
    if let pair = value["pair"] { spec.pair = template(pair, "pair") }
    if kind == .tagging, let pair = value.entry("pair") {
      report("a tagging task has no 'pair'", at: pair.keyPlace, hint: "leave it out")
    }
    spec.labels = kind == .regression ? anchors(entry) : labels(entry, kind)
    return spec
  }

  /// A template as it is, after a check that its braces name columns.
  private mutating func template(_ value: Value, _ key: String) -> String {
    let text = value.text ?? ""
    if (try? Template(text, of: key)) == nil {
      report("'\(key)' names no column", at: value.place, hint: "write columns in braces: \"{text}\"")
    }
    return text
  }

  private mutating func labels(_ entry: Entry, _ kind: TaskKind) -> [LabelSpec] {
    let value = entry.value
    if let anchors = value.entry("anchors") {
      report("'anchors' is for regression", at: anchors.keyPlace, hint: "a \(kind) task has 'labels'")
    }
    guard let listing = value["labels"] else {
      if !value.means("labels") {
        let hint =
          kind == .tagging
          ? "add labels: [O, B-..., I-...]" : "add labels: {name: \"what it means\", ...}, or a list of names"
        report("the task '\(entry.key)' has no labels", at: entry.keyPlace, hint: hint)
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
    checkLabels(labels, kind, entry, at: listing.place)
    return labels
  }

  private mutating func checkLabels(_ labels: [LabelSpec], _ kind: TaskKind, _ entry: Entry, at place: Place)
  {
    if labels.count < 2 {
      report("the task '\(entry.key)' needs at least two labels", at: place)
    }
    guard kind == .tagging else { return }
    for label in labels where label.name != "O" && !label.name.hasPrefix("B-") && !label.name.hasPrefix("I-")
    {
      report(
        "the tag '\(label.name)' is not of the BIO kind", at: place,
        hint: "tags are O, B-something and I-something")
    }
  }

  private mutating func anchors(_ entry: Entry) -> [LabelSpec] {
    if let labels = entry.value.entry("labels") {
      report(
        "'labels' is for classification and tagging", at: labels.keyPlace,
        hint: "a regression task has 'anchors'")
    }
    return (entry.value["anchors"]?.entries ?? []).map { anchor in
      let description = anchor.value["description"]?.text ?? anchor.key
      return LabelSpec(name: anchor.key, description: description, value: anchor.value["value"]?.number)
    }
  }

  // MARK: Checks

  private mutating func metrics(_ elements: [Value], of spec: TaskSpec, at place: Place) -> [String] {
    if elements.isEmpty { report("'metrics' is empty", at: place, hint: "leave it out for the usual ones") }
    let suited = vocabulary.metrics.filter { $0.kinds.contains(spec.kind) }.map(\.name)
    let names = known(elements, among: vocabulary.metrics.map(\.name), kind: "metric") { word in
      OtherWords.metric(word, among: suited)
    }
    for element in elements {
      guard let name = element.text, names.contains(name), !suited.contains(name) else { continue }
      report(
        "the metric '\(name)' does not suit \(spec.kind.rawValue)", at: element.place,
        hint: "these do: \(suited.joined(separator: ", "))")
    }
    return names
  }

  private mutating func checkHead(_ spec: TaskSpec, _ entry: Entry) {
    guard spec.kind == .regression, spec.head == .labels, !entry.value.has("generate") else { return }
    let isBroken = entry.value.entry("anchors")?.value.isBroken ?? false
    guard spec.labels.count < 2, !isBroken else { return }
    report(
      "the regression task '\(spec.name)' has a label head and no anchors", at: entry.keyPlace,
      hint: "add two or more anchors: {low: {description: \"...\", value: -1}, ...}, or head: linear")
  }
}
