public import Basics

/// A text with columns in braces: `"{text} [SEP] {question}"`; `{{` and `}}` stand for braces.
public struct Template: Sendable, Hashable {
  /// A piece of a template.
  public enum Part: Sendable, Hashable {
    /// A text as it is.
    case literal(String)
    /// What the column of that name holds.
    case column(String)
  }

  /// The pieces in their order; at least one is a column.
  public let parts: [Part]

  /// The columns in the order of the text.
  public var columns: [String] {
    parts.compactMap { part in
      if case .column(let name) = part { name } else { nil }
    }
  }

  /// Reads a template; `owner` says whose it is.
  ///
  /// - Throws: a `Diagnostic` for braces that do not close, and where no column is named.
  public init(_ source: String, of owner: String) throws(Diagnostic) {
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
}
