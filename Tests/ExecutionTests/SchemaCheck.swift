import Basics

/// As much of JSON Schema as ours is written in; a keyword that it does not know is told, never passed over.
struct SchemaCheck {
  /// What is wrong, and where.
  struct Problem: Equatable {
    var path: [String]
    var what: String
  }

  private let root: JSON
  private let definitions: JSON.Object
  private let patterns: [String: Regex<AnyRegexOutput>]
  private static let said: Set<String> = [
    "$schema", "$defs", "title", "description", "default", "then", "else",
  ]

  init(_ text: String) throws {
    root = try JSON(Array(text.utf8), file: "schema.json")
    definitions = root["$defs"]?.members ?? JSON.Object()
    patterns = try Dictionary(uniqueKeysWithValues: Set(Self.patterns(in: root)).map { ($0, try Regex($0)) })
  }

  private static func patterns(in schema: JSON) -> [String] {
    switch schema {
    case .object(let members):
      [members["pattern"]?.text].compactMap(\.self) + members.values.flatMap { patterns(in: $0) }
    case .list(let items): items.flatMap { patterns(in: $0) }
    case .null, .flag, .number, .text: []
    }
  }

  /// All that is wrong with a document.
  func problems(with value: JSON) -> [Problem] { problems(with: value, by: root, at: []) }

  private func problems(with value: JSON, by schema: JSON, at path: [String]) -> [Problem] {
    if let flag = schema.flag { return flag ? [] : [Problem(path: path, what: "not allowed here")] }
    guard let keywords = schema.members else {
      return [Problem(path: path, what: "this schema is no object")]
    }
    return keywords.flatMap { keyword, rule -> [Problem] in
      if Self.said.contains(keyword) { return [] }
      switch keyword {
      case "$ref":
        let name = String(rule.text?.dropFirst("#/$defs/".count) ?? "")
        guard let definition = definitions[name] else { return [Problem(path: path, what: "no '\(name)'")] }
        return problems(with: value, by: definition, at: path)
      case "allOf": return (rule.list ?? []).flatMap { problems(with: value, by: $0, at: path) }
      case "if":
        let branch = problems(with: value, by: rule, at: path).isEmpty ? "then" : "else"
        return keywords[branch].map { problems(with: value, by: $0, at: path) } ?? []
      case "not":
        guard problems(with: value, by: rule, at: path).isEmpty else { return [] }
        return [Problem(path: path, what: rule["description"]?.text ?? "against 'not'")]
      default: break
      }
      return own(value, keyword, rule, path)
        ?? members(value, keyword, rule, keywords, path)
        ?? [Problem(path: path, what: "unknown keyword '\(keyword)'")]
    }
  }

  /// Keywords on the value itself.
  private func own(_ value: JSON, _ keyword: String, _ rule: JSON, _ path: [String]) -> [Problem]? {
    func ask(_ holds: Bool?) -> [Problem] {
      holds == false ? [Problem(path: path, what: "against '\(keyword)'")] : []
    }
    let bound = rule.number ?? 0
    switch keyword {
    case "type": return ask((rule.list ?? [rule]).compactMap(\.text).contains { value.isOf(type: $0) })
    case "const": return ask(value == rule)
    case "enum": return ask(rule.list?.contains(value))
    case "minimum": return ask(value.number.map { $0 >= bound })
    case "maximum": return ask(value.number.map { $0 <= bound })
    case "minItems": return ask(value.list.map { Double($0.count) >= bound })
    case "maxItems": return ask(value.list.map { Double($0.count) <= bound })
    case "minProperties": return ask(value.members.map { Double($0.count) >= bound })
    case "uniqueItems":
      return ask(
        value.list.map { items in
          items.indices.allSatisfy { index in !items[..<index].contains(items[index]) }
        })
    case "pattern":
      guard let text = value.text, let pattern = rule.text else { return [] }
      return ask(patterns[pattern].map { text.contains($0) } ?? false)
    default: return nil
    }
  }

  /// Keywords on what is in the value.
  private func members(
    _ value: JSON, _ keyword: String, _ rule: JSON, _ keywords: JSON.Object, _ path: [String]
  ) -> [Problem]? {
    switch keyword {
    case "items":
      return (value.list ?? []).enumerated().flatMap { index, item in
        problems(with: item, by: rule, at: path + ["\(index)"])
      }
    case "contains":
      guard let list = value.list else { return [] }
      let found = list.contains { problems(with: $0, by: rule, at: path).isEmpty }
      return found ? [] : [Problem(path: path, what: "against 'contains'")]
    case "required":
      guard let members = value.members else { return [] }
      return (rule.list ?? []).compactMap(\.text).filter { members[$0] == nil }.map {
        Problem(path: path, what: "no '\($0)'")
      }
    case "properties":
      return (value.members ?? JSON.Object()).flatMap { name, member in
        rule[name].map { problems(with: member, by: $0, at: path + [name]) } ?? []
      }
    case "additionalProperties":
      let known = keywords["properties"]
      return (value.members ?? JSON.Object()).flatMap { name, member -> [Problem] in
        if known?[name] != nil { return [] }
        if rule.flag == false { return [Problem(path: path, what: "unknown key '\(name)'")] }
        return problems(with: member, by: rule, at: path + [name])
      }
    case "propertyNames":
      return (value.members ?? JSON.Object()).flatMap { name, _ in
        problems(with: .text(name), by: rule, at: path)
      }
    default: return nil
    }
  }
}

extension JSON {
  fileprivate func isOf(type: String) -> Bool {
    switch (self, type) {
    case (.null, "null"), (.flag, "boolean"), (.number, "number"), (.text, "string"), (.list, "array"),
      (.object, "object"):
      true
    case (.number, "integer"): number.map { $0 == $0.rounded() } ?? false
    default: false
    }
  }
}
