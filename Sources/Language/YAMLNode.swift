package import Basics

/// A YAML value with the place of each of its parts; scalars keep the characters that were written.
package struct YAMLNode: Sendable {
  /// A value's form.
  package indirect enum Content: Sendable {
    /// The characters; `plain` is false where they were quoted.
    case scalar(String, plain: Bool)
    case sequence([YAMLNode])
    case mapping([YAMLPair])
  }

  package var content: Content
  package var place: Place

  /// A value at a place.
  package init(content: Content, place: Place) {
    self.content = content
    self.place = place
  }

  /// Whether nothing stands here: an empty plain scalar, `~` or `null`.
  package var isNull: Bool {
    guard case .scalar(let text, plain: true) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// The form in words, for messages.
  package var form: String {
    switch content {
    case .scalar: isNull ? "nothing" : "a single value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// A key with its value.
package struct YAMLPair: Sendable {
  package var key: String
  package var keyPlace: Place
  package var value: YAMLNode

  /// A key at a place with its value.
  package init(key: String, keyPlace: Place, value: YAMLNode) {
    self.key = key
    self.keyPlace = keyPlace
    self.value = value
  }
}

/// A file's text: what carets are drawn under.
package struct SourceText: Sendable {
  package let path: String
  package let lines: [String]
  private let isASCII: [Bool]
  /// What messages call the whole text.
  package let name: String

  package init(_ text: String, path: String, called name: String = "the manifest") {
    self.path = path
    self.name = name
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      String(line.last == "\r" ? line.dropLast() : line)
    }
    isASCII = lines.map { line in line.utf8.allSatisfy { $0 < 0x80 } }
  }

  /// A diagnostic with the source line of its place.
  package func diagnostic(_ what: String, at place: Place?, hint: String? = nil) -> Diagnostic {
    var source: String?
    if let place, place.file == path, let line = place.line, lines.indices.contains(line - 1) {
      source = lines[line - 1]
    }
    return Diagnostic(what, at: place, hint: hint, source: source)
  }

  /// Findings in the order of their places, those of the file first, each once.
  package func ordered(_ problems: [Diagnostic]) -> Diagnostics {
    var unique: [Diagnostic] = []
    for problem in problems where !unique.contains(problem) { unique.append(problem) }
    func position(_ problem: Diagnostic) -> (Int, Int, Int) {
      guard let place = problem.place, place.file == path else { return (1, 0, 0) }
      return (0, place.line ?? 0, place.column ?? 0)
    }
    let sorted = unique.enumerated().sorted { a, b in
      let (first, second) = (position(a.element), position(b.element))
      return first == second ? a.offset < b.offset : first < second
    }
    return Diagnostics(sorted.map(\.element))
  }

  /// The place of libYAML's mark, whose columns count Unicode scalars where a caret needs characters.
  package func place(line: Int, column: Int) -> Place {
    guard lines.indices.contains(line - 1) else { return Place(file: path, line: line, column: column) }
    // Of ASCII every scalar is a character, and lines may be long.
    if isASCII[line - 1] {
      return Place(file: path, line: line, column: min(max(1, column), lines[line - 1].utf8.count + 1))
    }
    let before = String.UnicodeScalarView(lines[line - 1].unicodeScalars.prefix(max(0, column - 1)))
    return Place(file: path, line: line, column: String(before).count + 1)
  }
}
