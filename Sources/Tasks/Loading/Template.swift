internal import Basics

/// A text with columns in braces: `"{text} [SEP] {question}"`; `{{` and `}}` stand for braces.
struct Template: Sendable, Hashable {
  /// A piece of a template.
  enum Part: Sendable, Hashable {
    case literal(String)
    case column(String)
  }

  let parts: [Part]

  /// The columns in the order of the text.
  var columns: [String] {
    parts.compactMap { part in
      if case .column(let name) = part { name } else { nil }
    }
  }

  /// Reads a template; `owner` says whose it is.
  init(_ source: String, of owner: String) throws(Diagnostic) {
    var parts: [Part] = []
    var literal = ""
    var rest = Substring(source)
    while let character = rest.popFirst() {
      guard character == "{" || character == "}" else {
        literal.append(character)
        continue
      }
      if rest.first == character {
        literal.append(character)
        rest.removeFirst()
        continue
      }
      guard character == "{", let end = rest.firstIndex(of: "}"), end > rest.startIndex else {
        throw Diagnostic(
          "unbalanced '\(character)' in the template \"\(source)\" of \(owner)",
          hint: "write a column as {column} and a brace as \(character)\(character)")
      }
      if !literal.isEmpty { parts.append(.literal(literal)) }
      literal = ""
      parts.append(.column(String(rest[..<end])))
      rest = rest[rest.index(after: end)...]
    }
    if !literal.isEmpty { parts.append(.literal(literal)) }
    self.parts = parts
    guard !columns.isEmpty else {
      throw Diagnostic(
        "the template \"\(source)\" of \(owner) names no column", hint: "write a column as {column}")
    }
  }

  /// The text of one row.
  ///
  /// - Throws: where a column holds no scalar or all columns are blank.
  func filled(from row: Row, at place: Place) throws(Diagnostic) -> String {
    var text = ""
    var isBlank = true
    for part in parts {
      switch part {
      case .literal(let literal): text += literal
      case .column(let name):
        guard let value = row[name]?.scalar else {
          throw Diagnostic("column '\(name)' holds no text", at: place, hint: "give a string or a number")
        }
        if !value.allSatisfy(\.isWhitespace) { isBlank = false }
        text += value
      }
    }
    guard !isBlank else {
      let names = columns.map { "'\($0)'" }.joined(separator: ", ")
      throw Diagnostic("empty text in \(names)", at: place, hint: "fill it in or remove the line")
    }
    return text
  }
}
