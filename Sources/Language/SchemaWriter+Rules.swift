internal import Basics

extension SchemaWriter {
  /// A schema with what rules add: among its keywords where it has none of these, else beside them.
  package mutating func adding(_ rules: [Rule], to schema: SchemaValue) -> [String: SchemaValue] {
    guard case .object(var members) = schema else { preconditionFailure("rules for no schema") }
    var others: [SchemaValue] = []
    for rule in rules {
      if rule.narrowsText { members["type"] = nil }
      let added = keywords(of: rule, in: members)
      if added.keys.allSatisfy({ members[$0] == nil }) {
        members.merge(added) { first, _ in first }
      } else {
        others.append(.object(added))
      }
    }
    if !others.isEmpty { members["allOf"] = .list(others) }
    return members
  }

  private mutating func keywords(of rule: Rule, in members: [String: SchemaValue]) -> [String: SchemaValue] {
    switch rule {
    case .words(let words): return ["enum": .words(words)]
    case .pattern(let pattern): return ["type": .text("string"), "pattern": .text(pattern)]
    case .count(let range):
      let what = members["type"] == .text("array") ? "Items" : "Properties"
      let least = ["min" + what: SchemaValue.number(range.lowerBound)]
      if range.upperBound == Int.max { return least }
      return least.merging(["max" + what: .number(range.upperBound)]) { first, _ in first }
    case .keys(let shape): return ["propertyNames": schema(shape)]
    case .distinct:
      let distinct = ["uniqueItems": SchemaValue.flag(true)]
      if case .object(let items) = members["items"], items["type"] == .text("integer") { return distinct }
      // Of words alone: 1 and 1.0 are one number, and two names.
      let areWords = SchemaValue.object(["items": .object(["type": .text("string")])])
      return ["if": areWords, "then": .object(distinct)]
    case .notOnly(let word): return ["not": .object(["items": .object(["const": .text(word)])])]
    case .oneOf(let keys): return exactlyOne(keys[...])
    case .needs(let keys): return ["required": .words(keys)]
    case .never(let keys, let reason): return ["properties": Self.none(of: keys, because: reason)]
    case .narrows(let key, let shape): return ["properties": .object([key: schema(shape)])]
    case .when(let condition, let rules, let otherwise):
      var branches = ["if": condition.schema, "then": SchemaValue.object(all(rules))]
      if !otherwise.isEmpty { branches["else"] = .object(all(otherwise)) }
      return branches
    }
  }

  private mutating func all(_ rules: [Rule]) -> [String: SchemaValue] { adding(rules, to: .object([:])) }

  private func exactlyOne(_ keys: ArraySlice<String>) -> [String: SchemaValue] {
    guard let key = keys.first else { return [:] }
    let others = keys.dropFirst()
    if others.isEmpty { return ["required": .words([key])] }
    return [
      "if": Condition.has(key).schema,
      "then": .object(["properties": Self.none(of: Array(others), because: "'\(key)' stands there already")]),
      "else": .object(exactlyOne(others)),
    ]
  }

  /// Of `false` Python's jsonschema would tell neither the key nor a reason.
  private static func none(of keys: [String], because reason: String) -> SchemaValue {
    let nothing = SchemaValue.object(["not": .object(["description": .text(reason)])])
    return .object(Dictionary(uniqueKeysWithValues: keys.map { ($0, nothing) }))
  }
}

extension Rule {
  /// Whether it says of a text more than that it is one.
  fileprivate var narrowsText: Bool {
    switch self {
    case .words, .pattern: true
    case .count, .keys, .distinct, .notOnly, .oneOf, .needs, .never, .narrows, .when: false
    }
  }
}

extension Condition {
  /// What holds of the object whose rule it is.
  package var schema: SchemaValue {
    switch self {
    case .has(let key): .object(["required": .words([key])])
    case .says(let path, let words): Self.at(path[...], Self.one(of: words))
    case .saysOnly(let key, let words, let orNothing):
      Self.member(
        key, Self.setting(["items": Self.one(of: words), "minItems": .number(1)], Self.one(of: words)),
        orNothing: orNothing)
    case .saysSome(let key, let word):
      Self.member(key, Self.setting(["contains": Self.one(of: [word])], Self.one(of: [word])))
    }
  }

  private static func one(of words: [String]) -> SchemaValue {
    words.count == 1 ? .object(["const": .text(words[0])]) : .object(["enum": .words(words)])
  }

  private static func at(_ path: ArraySlice<String>, _ value: SchemaValue) -> SchemaValue {
    guard let key = path.first else { return value }
    return member(key, at(path.dropFirst(), value))
  }

  private static func member(_ key: String, _ value: SchemaValue, orNothing: Bool = false) -> SchemaValue {
    var members: [String: SchemaValue] = ["properties": .object([key: value])]
    if !orNothing { members["required"] = .words([key]) }
    return .object(members)
  }

  /// A value, or the list of its grid.
  private static func setting(_ list: [String: SchemaValue], _ value: SchemaValue) -> SchemaValue {
    let list = list.merging(["type": .text("array")]) { first, _ in first }
    let grid = SchemaValue.object([
      "properties": .object(["grid": .object(list)]), "required": .words(["grid"]),
    ])
    return .object(["if": .object(["type": .text("object")]), "then": grid, "else": value])
  }
}

extension Shape {
  /// The form that this shape alone has among those of a place; nil for single values.
  package var jsonForm: String? {
    switch self {
    case .text, .optionalText, .name, .scalar, .setting, .either: nil
    case .list: "array"
    case .table, .object, .variants: "object"
    case .ruled(let shape, _): shape.jsonForm
    }
  }
}
