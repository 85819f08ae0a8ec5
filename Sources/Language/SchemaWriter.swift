internal import Basics

/// Writes shapes as JSON Schema and collects what several places share.
package struct SchemaWriter {
  /// What stands under `$defs`.
  package private(set) var definitions: [String: SchemaValue] = [:]
  private var names: [SchemaValue: String] = [:]

  /// Nothing written yet.
  package init() {}

  private static let namePattern = "^[A-Za-z0-9_][A-Za-z0-9_.+-]*$"
  private static let single = SchemaValue.words(["string", "number", "boolean"])

  package mutating func schema(_ shape: Shape) -> SchemaValue {
    switch shape {
    case .text: return .object(["type": Self.single])
    case .optionalText: return .object(["type": .words(["string", "number", "boolean", "null"])])
    case .name: return name
    case .scalar(let kind): return scalar(kind)
    case .setting(let kind): return setting(kind)
    case .list(let element): return .object(["type": .text("array"), "items": schema(element)])
    case .table(let value, let keysAreNames):
      var members = ["type": .text("object"), "additionalProperties": schema(value)]
      if keysAreNames { members["propertyNames"] = name }
      return .object(members)
    case .object(let fields): return .object(object(fields))
    case .variants(let variants): return self.variants(variants)
    case .either(let shapes): return either(shapes)
    case .ruled(let shape, let rules): return .object(adding(rules, to: schema(shape)))
    }
  }

  // MARK: Shared parts

  /// A reference to a definition, which is made where the same does not stand under some name already.
  private mutating func shared(_ value: SchemaValue, as name: String) -> SchemaValue {
    if let known = names[value] { return .reference(known) }
    precondition(definitions[name] == nil, "two definitions are called '\(name)'")
    names[value] = name
    definitions[name] = value
    return .reference(name)
  }

  /// As a number or a truth value it is the name that was written.
  private var name: SchemaValue {
    mutating get {
      shared(
        .object([
          "type": Self.single, "pattern": .text(Self.namePattern), "minimum": .number(0),
        ]), as: "name")
    }
  }

  /// One value, or a grid of them; shared by all numbers of one range.
  private mutating func setting(_ kind: ParameterSpec.Kind) -> SchemaValue {
    let grid = SchemaValue.object([
      "type": .text("object"), "additionalProperties": .flag(false), "required": .words(["grid"]),
      "properties": .object([
        "grid": .object(["type": .text("array"), "minItems": .number(1), "uniqueItems": .flag(true)])
      ]),
    ])
    guard case .object(var then) = shared(grid, as: "grid") else { return grid }
    then["properties"] = .object(["grid": .object(["items": scalar(kind)])])
    let setting = SchemaValue.object([
      "if": .object(["type": .text("object")]), "then": .object(then), "else": scalar(kind),
    ])
    func words(_ bound: Double) -> String { ParameterValue.number(bound).description }
    switch kind {
    case .number(let range):
      return shared(setting, as: "number.\(words(range.lowerBound))..\(words(range.upperBound))")
    case .integer(let range): return shared(setting, as: "integer.\(range.lowerBound)..\(range.upperBound)")
    case .flag: return shared(setting, as: "flag")
    case .choice: return setting
    }
  }

  // MARK: Shapes

  private func scalar(_ kind: ParameterSpec.Kind) -> SchemaValue {
    switch kind {
    case .number(let range):
      .object([
        "type": .text("number"), "minimum": .value(.number(range.lowerBound)),
        "maximum": .value(.number(range.upperBound)),
      ])
    case .integer(let range):
      .object([
        "type": .text("integer"), "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound),
      ])
    case .flag: .object(["type": .text("boolean")])
    case .choice(let words): .object(["enum": .words(words)])
    }
  }

  private mutating func property(_ field: Field) -> SchemaValue {
    guard case .object(var members) = schema(field.shape) else {
      preconditionFailure("the schema of '\(field.key)' is no object")
    }
    members["description"] = .text(field.summary)
    if let value = field.defaultValue { members["default"] = .value(value) }
    return .object(members)
  }

  private mutating func object(_ fields: [Field]) -> [String: SchemaValue] {
    var properties: [String: SchemaValue] = [:]
    for field in fields { properties[field.key] = property(field) }
    var members: [String: SchemaValue] = [
      "type": .text("object"), "additionalProperties": .flag(false), "properties": .object(properties),
    ]
    let required = fields.filter(\.isRequired).map(\.key)
    if !required.isEmpty { members["required"] = .words(required) }
    return members
  }

  /// The value's form says which shape it is held against; none of the others is heard of.
  private mutating func either(_ shapes: [Shape]) -> SchemaValue {
    guard let first = shapes.first else { return .flag(false) }
    if shapes.count == 1 { return schema(first) }
    // A single value comes last, so that a value of no form is told to be none.
    let ordered = shapes.filter { $0.jsonForm != nil } + shapes.filter { $0.jsonForm == nil }
    guard let form = ordered[0].jsonForm else { preconditionFailure("two shapes of one form in one place") }
    return .object([
      "if": .object(["type": .text(form)]), "then": schema(ordered[0]),
      "else": either(Array(ordered.dropFirst())),
    ])
  }

  /// A definition for each group of rows with the same keys, found by the deciding key; common keys are held once.
  private mutating func variants(_ variants: Variants) -> SchemaValue {
    let key = Field(
      variants.key, .scalar(.choice(variants.rows.map(\.name))), required: true, variants.summary)
    var members = object([key] + variants.common)
    members["additionalProperties"] = nil
    var groups: [(rows: [String], schema: SchemaValue)] = []
    for row in variants.rows {
      let reference = definition(of: row, in: variants)
      if let index = groups.firstIndex(where: { $0.schema == reference }) {
        groups[index].rows.append(row.name)
      } else {
        groups.append(([row.name], reference))
      }
    }
    members["allOf"] = .list(
      groups.map { group in
        let isOne = Condition.says([variants.key], among: group.rows).schema
        return .object(["if": isOne, "then": group.schema])
      })
    return .object(members)
  }

  private mutating func definition(of row: Variants.Row, in variants: Variants) -> SchemaValue {
    var properties: [String: SchemaValue] = [variants.key: .flag(true)]
    for field in variants.common { properties[field.key] = .flag(true) }
    for field in row.fields {
      properties[field.key] = shared(property(field), as: "\(row.name).\(field.key)")
    }
    let own = SchemaValue.object([
      "additionalProperties": .flag(false), "properties": .object(properties),
    ])
    return shared(.object(adding(row.rules, to: own)), as: "\(variants.key).\(row.name)")
  }
}
