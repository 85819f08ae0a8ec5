internal import Basics
internal import Specs

/// Turns the records of one file into the examples of a task.
struct ExampleReader {
  private let task: TaskSpec
  private let path: String
  private let text: Template
  private let pair: Template?
  private let labels: [String: Int]

  init(task: TaskSpec, path: String) throws(Diagnostic) {
    self.task = task
    self.path = path
    text = try Template(task.text, of: "task '\(task.name)'")
    if let template = task.pair {
      pair = try Template(template, of: "task '\(task.name)'")
    } else {
      pair = nil
    }
    if task.kind == .tagging, text.parts.count != 1 {
      throw Diagnostic(
        "the template \"\(task.text)\" of tagging task '\(task.name)' is not one column",
        hint: "name the column of the words: \"{tokens}\"")
    }
    if task.kind != .regression, task.labels.isEmpty {
      throw Diagnostic("task '\(task.name)' has no labels", hint: "list them under 'labels'")
    }
    labels = Dictionary(
      task.labels.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }

  /// What the task asks for and a record, or the header of all, does not have.
  func missingColumns(among names: [String], line: Int, in row: Row? = nil) -> [Diagnostic] {
    var missing: [Diagnostic] = []
    for name in text.columns + (pair?.columns ?? []) + [task.target] where !names.holds(column: name) {
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

  /// Words or tags that another program wrote as the text of a list; nil where there are none.
  ///
  /// pandas does so with lists in CSV files: `"['a', 'b']"`.
  func listAsText(in row: Row) -> Diagnostic? {
    guard task.kind == .tagging else { return nil }
    for (name, isTags) in [(text.columns[0], false), (task.target, true)] {
      guard let written = row[name]?.text, written.hasPrefix("["), written.hasSuffix("]"),
        isTags || ["['", "[\""].contains(where: { written.hasPrefix($0) })
      else { continue }
      return Diagnostic(
        "column '\(name)' holds a list that was written as a text: \(written.prefix(40))\(written.count > 40 ? "…" : "")",
        at: Place(file: path, line: row.line),
        hint:
          "write JSONL with lists, in pandas by df[\"\(name)\"] = df[\"\(name)\"].map(ast.literal_eval) and "
          + "df.to_json(\"new.jsonl\", orient=\"records\", lines=True); or the words with spaces between them"
      )
    }
    return nil
  }

  /// The labels or tags of a record, with the place of each; empty where they are numbers or cannot be read.
  func names(in row: Row) -> [(name: String, place: Place)] {
    let target = row[task.target] ?? .null
    let place = Place(file: path, line: row.line)
    switch task.kind {
    case .regression: return []
    case .classification: return target.scalar.map { [($0, place)] } ?? []
    case .tagging:
      let words = row[text.columns[0]]?.words ?? []
      return zip(target.words ?? [], words).enumerated().map { number, pair in
        var place = place
        place.detail = "word \(number + 1) '\(pair.1)'"
        return (pair.0, place)
      }
    }
  }

  /// Whether the task lists a label.
  func knows(_ label: String) -> Bool { labels[label] != nil }

  /// The example of one record that has all columns and known labels only.
  func example(_ row: Row) throws(Diagnostic) -> Example {
    let place = Place(file: path, line: row.line)
    let target = row[task.target] ?? .null
    switch task.kind {
    case .classification:
      return Example(
        text: try text.filled(from: row, at: place), pair: try pair?.filled(from: row, at: place),
        target: .label(try label(target, at: place)))
    case .regression:
      return Example(
        text: try text.filled(from: row, at: place), pair: try pair?.filled(from: row, at: place),
        target: .number(try number(target, at: place)))
    case .tagging: return try tagged(row, target, at: place)
    }
  }

  private func label(_ field: JSON, at place: Place) throws(Diagnostic) -> Int {
    guard let name = field.scalar else {
      throw Diagnostic(
        "column '\(task.target)' holds no label", at: place, hint: "give one of the labels of the task")
    }
    return index(of: name)
  }

  private func number(_ field: JSON, at place: Place) throws(Diagnostic) -> Double {
    switch field {
    case .text(let digits), .number(let digits):
      let trimmed = digits.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
      guard let number = Double(decimal: String(trimmed)) else { break }
      // Losses are squares of 32 bits.
      guard (Float(number) * Float(number)).isFinite else {
        throw Diagnostic(
          "column '\(task.target)' holds '\(digits)', whose square is too large for a number of 32 bits",
          at: place,
          hint: "scale the numbers: subtract their mean and divide by their deviation, in all splits alike")
      }
      return number
    case .flag, .null, .list, .object: break
    }
    let written = field.scalar.map { " '\($0)'" } ?? ""
    throw Diagnostic(
      "column '\(task.target)' holds no number\(written)", at: place,
      hint: "write it in plain decimal, as 0.25, -3 or 1e-3")
  }

  private func tagged(_ row: Row, _ field: JSON, at place: Place) throws(Diagnostic) -> Example {
    let column = text.columns[0]
    guard let words = row[column]?.words else {
      throw Diagnostic("column '\(column)' holds no words", at: place, hint: "give a list of strings")
    }
    guard let tags = field.words else {
      throw Diagnostic("column '\(task.target)' holds no tags", at: place, hint: "give a list of strings")
    }
    guard !words.isEmpty, !words.contains(where: { $0.allSatisfy(\.isWhitespace) }) else {
      throw Diagnostic("empty text in '\(column)'", at: place, hint: "fill it in or remove the line")
    }
    guard words.count == tags.count else {
      throw Diagnostic(
        "\(tags.count) tags for \(words.count) words", at: place, hint: "give each word one tag")
    }
    return Example(text: words.joined(separator: " "), words: words, target: .tags(tags.map(index)))
  }

  private func index(of name: String) -> Int {
    guard let index = labels[name] else { preconditionFailure("label '\(name)' was not asked for before") }
    return index
  }
}
