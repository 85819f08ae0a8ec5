internal import Basics
internal import Specs

/// Turns the records of one file into the examples of a task, as its kind reads them.
struct ExampleReader {
  let task: TaskSpec
  let text: Template
  private let path: String
  private let pair: Template?
  private let labels: [String: Int]
  private let reading: RowReading
  /// Whether a text may be blank, as where the column that is not blank is hidden.
  private let allowsBlank: Bool

  init(task: TaskSpec, path: String, allowsBlank: Bool = false) throws(Diagnostic) {
    self.allowsBlank = allowsBlank
    self.task = task
    self.path = path
    text = try Template(task.text, of: "task '\(task.name)'")
    if let template = task.pair {
      pair = try Template(template, of: "task '\(task.name)'")
    } else {
      pair = nil
    }
    let kind = task.row
    reading = kind.reading
    if let problem = reading.check(task, text) { throw problem }
    if kind.outline.labels != nil, task.labels.isEmpty {
      throw Diagnostic("task '\(task.name)' has no labels", hint: "list them under 'labels'")
    }
    labels = Dictionary(
      task.labels.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }

  // MARK: What kinds read a record by

  /// Where a record stands.
  func place(_ row: Row) -> Place { Place(file: path, line: row.line) }

  /// What is asked for, as the record has it.
  func target(_ row: Row) -> JSON { row[task.target] ?? .null }

  /// The place of a label in the task's list; it must be known.
  func index(of name: String) -> Int {
    guard let index = labels[name] else { preconditionFailure("label '\(name)' was not asked for before") }
    return index
  }

  /// The example of a record with its texts as the templates make them.
  ///
  /// - Parameter target: What is asked for, from the target's field and the record's place.
  func example(
    _ row: Row, _ target: (JSON, Place) throws(Diagnostic) -> Target
  ) throws(Diagnostic) -> Example {
    let place = place(row)
    return Example(
      text: try text.filled(from: row, at: place, allowsBlank: allowsBlank),
      pair: try pair?.filled(from: row, at: place, allowsBlank: allowsBlank),
      target: try target(self.target(row), place))
  }

  // MARK: Records

  /// What the task asks for and a record, or the header of all, does not have.
  func missingColumns(among names: [String], line: Int, in row: Row? = nil) -> [Diagnostic] {
    var missing: [Diagnostic] = []
    let read = text.columns + (pair?.columns ?? []) + [task.target] + (task.by.map { [$0] } ?? [])
    for name in read where !names.holds(column: name) {
      let near = nearestName(to: name, among: names).map { "did you mean '\($0)'? " } ?? ""
      let problem = Diagnostic(
        "no column '\(name)', which task '\(task.name)' reads", at: Place(file: path, line: line),
        hint: row.flatMap { nesting(of: name, in: $0) }
          ?? near + (names.isEmpty ? "there are none" : "there are: \(names.joined(separator: ", "))"))
      if !missing.contains(problem) { missing.append(problem) }
    }
    return missing
  }

  /// What to do about a column that lies inside of another one: `features.age`.
  private func nesting(of name: String, in row: Row) -> String? {
    guard let dot = name.firstIndex(of: "."), let outer = row[String(name[..<dot])], outer.members != nil
    else {
      return nil
    }
    return
      "'\(name[..<dot])' holds an object, and columns are those of the outermost level: lift it out, for instance by "
      + #"jq -c '. + {"\#(name)": .\#(name)}' old.jsonl > new.jsonl"#
  }

  /// A list that another program wrote as a text; nil where there is none.
  ///
  /// pandas does so with lists in CSV files: `"['a', 'b']"`.
  func listAsText(in row: Row) -> Diagnostic? {
    for (name, isAlways) in reading.lists(self) {
      guard let written = row[name]?.text, written.hasPrefix("["), written.hasSuffix("]"),
        isAlways || ["['", "[\""].contains(where: { written.hasPrefix($0) })
      else { continue }
      return Diagnostic(
        "column '\(name)' holds a list that was written as a text: \(written.prefix(40))\(written.count > 40 ? "…" : "")",
        at: place(row),
        hint:
          "write JSONL with lists, in pandas by df[\"\(name)\"] = df[\"\(name)\"].map(ast.literal_eval) and "
          + "df.to_json(\"new.jsonl\", orient=\"records\", lines=True); or \(reading.listInText)"
      )
    }
    return nil
  }

  /// The labels of a record, with the place of each; empty where there are none or they cannot be read.
  func names(in row: Row) -> [(name: String, place: Place)] { reading.labels(row, self) }

  /// Whether the task lists a label.
  func knows(_ label: String) -> Bool { labels[label] != nil }

  /// The example of one record that has all columns and known labels only.
  func example(_ row: Row) throws(Diagnostic) -> Example {
    var example = try reading.example(row, self)
    example.group = try group(row)
    return example
  }

  /// The group that a record is scored in; nil for a task without groups.
  private func group(_ row: Row) throws(Diagnostic) -> String? {
    guard let by = task.by else { return nil }
    guard let name = row[by]?.scalar else {
      throw Diagnostic(
        "column '\(by)', by which the metrics of task '\(task.name)' are grouped, holds no text or number",
        at: place(row), hint: "give the name of the one group that the row belongs to")
    }
    guard name.contains(where: { !$0.isWhitespace }) else {
      throw Diagnostic(
        "column '\(by)', by which the metrics of task '\(task.name)' are grouped, is empty", at: place(row),
        hint: "every row belongs to a group: name it, or leave out 'by'")
    }
    return name
  }
}
