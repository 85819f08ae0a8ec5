internal import Basics

/// An object of a `tokenizer.json`, which knows where it stands: what is missing or of another kind is told with its key.
struct FileSection: Sendable {
  /// The members.
  let members: JSON.Object
  /// The key of the object, empty for the whole file.
  let key: String
  /// The file.
  let path: String
  /// Whether the model is given bytes: a byte where the file writes a character of GPT-2's alphabet.
  var isByteLevel = false

  /// The value of a key; nil where there is none or null.
  func value(_ name: String) -> JSON? {
    if case .null = members[name] { return nil }
    return members[name]
  }

  /// A text.
  func text(_ name: String, hint: String? = nil) throws(Diagnostic) -> String {
    guard let text = members[name]?.text else { throw problem("a text is missing", name, hint: hint) }
    return text
  }

  /// A text that need not be there.
  func optionalText(_ name: String) throws(Diagnostic) -> String? {
    value(name) == nil ? nil : try text(name)
  }

  /// A text of exactly one character (one scalar).
  func scalar(_ name: String) throws(Diagnostic) -> Unicode.Scalar {
    let scalars = try text(name).unicodeScalars
    guard let scalar = scalars.first, scalars.count == 1 else {
      throw problem("one character is missing", name)
    }
    return scalar
  }

  /// True or false; where nothing is said the usual value, if there is one.
  func flag(_ name: String, usually usual: Bool? = nil) throws(Diagnostic) -> Bool {
    if let usual, value(name) == nil { return usual }
    guard let flag = members[name]?.flag else { throw problem("true or false is missing", name) }
    return flag
  }

  /// A whole number that is not negative.
  func integer(_ name: String) throws(Diagnostic) -> Int {
    guard let integer = members[name]?.integer, integer >= 0 else {
      throw problem("a whole number is missing", name)
    }
    return integer
  }

  /// The number of a token.
  func id(_ name: String) throws(Diagnostic) -> Int32 {
    guard let value = members[name] else { throw problem("a whole number is missing", name) }
    return try id(value, name)
  }

  /// The number of a token.
  func id(_ value: JSON, _ name: String) throws(Diagnostic) -> Int32 {
    guard let id = TokenNumber.read(value) else {
      throw problem("an id must be a whole number in 0…\(TokenNumber.largest)", name)
    }
    return Int32(id)
  }

  /// A list.
  func list(_ name: String, of what: String? = nil) throws(Diagnostic) -> [JSON] {
    guard let list = members[name]?.list else {
      throw problem("a list" + (what.map { " of \($0)" } ?? "") + " is missing", name)
    }
    return list
  }

  /// An object.
  func section(_ name: String, hint: String? = nil) throws(Diagnostic) -> FileSection {
    guard let members = members[name]?.members else {
      throw problem("an object is missing", name, hint: hint)
    }
    return FileSection(members: members, key: full(name), path: path, isByteLevel: isByteLevel)
  }

  /// An object that may be missing or null.
  func optionalSection(_ name: String) throws(Diagnostic) -> FileSection? {
    value(name) == nil ? nil : try section(name)
  }

  /// The objects of a list.
  func sections(_ name: String) throws(Diagnostic) -> [FileSection] {
    var sections: [FileSection] = []
    for (index, value) in try list(name).enumerated() {
      guard let members = value.members else { throw problem("an object is missing", "\(name).\(index)") }
      sections.append(
        FileSection(members: members, key: full("\(name).\(index)"), path: path, isByteLevel: isByteLevel))
    }
    return sections
  }

  /// The `pattern` of a section: a text as it stands, or a regular expression.
  func pattern() throws(Diagnostic) -> TextPattern {
    let pattern = try section("pattern", hint: "supported: String, Regex")
    do {
      if let text = pattern.value("String")?.text { return try TextPattern(literal: text) }
      if let text = pattern.value("Regex")?.text { return try TextPattern(text) }
    } catch {
      throw pattern.problem("character \(error.column) of the regular expression: \(error.what)", "Regex")
    }
    throw problem("neither a String nor a Regex", "pattern")
  }

  /// What is wrong with a key.
  func problem(_ what: String, _ name: String, hint: String? = nil) -> Diagnostic {
    Diagnostic(what, at: Place(file: path, detail: "key '\(full(name))'"), hint: hint)
  }

  private func full(_ name: String) -> String { key.isEmpty ? name : "\(key).\(name)" }
}
