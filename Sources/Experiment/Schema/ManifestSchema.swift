internal import Basics
internal import Foundation

/// The manifest language as a JSON Schema, for editors.
public enum ManifestSchema {
  /// The schema (draft 2020-12), indented, keys sorted, with a line break at the end.
  public static func jsonSchema(_ vocabulary: Vocabulary) throws -> String {
    var schema = schema(ManifestShape(vocabulary: vocabulary).root)
    guard case .object(var members) = schema else { preconditionFailure("the manifest is no object") }
    members["$schema"] = .text("https://json-schema.org/draft/2020-12/schema")
    members["title"] = .text("Mixology manifest")
    schema = .object(members)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(schema), as: UTF8.self) + "\n"
  }

  /// Keys that a place of the language would have twice, `merges svc: of`: the later one would hide the earlier.
  ///
  /// None, unless a row of a table names a parameter as the language names a key beside it.
  public static func clashes(_ vocabulary: Vocabulary) -> [String] {
    clashes(ManifestShape(vocabulary: vocabulary).root, at: "manifest")
  }

  private static func clashes(_ shape: Shape, at place: String) -> [String] {
    switch shape {
    case .text, .optionalText, .name, .scalar, .setting: []
    case .list(let element): clashes(element, at: place)
    case .table(let value, keysAreNames: _): clashes(value, at: place)
    case .object(let fields): clashes(fields, at: place)
    case .variants(let variants):
      variants.rows.flatMap { clashes(fields(of: $0, in: variants), at: "\(place) \($0.name)") }
    case .either(let shapes): shapes.flatMap { clashes($0, at: place) }
    }
  }

  private static func clashes(_ fields: [Field], at place: String) -> [String] {
    var seen: Set<String> = []
    return fields.flatMap { field in
      (seen.insert(field.key).inserted ? [] : ["\(place): \(field.key)"])
        + clashes(field.shape, at: field.key)
    }
  }

  private static let namePattern = "^[A-Za-z0-9_][A-Za-z0-9_.+-]*$"

  private static func schema(_ shape: Shape) -> JSONValue {
    switch shape {
    case .text: .object(["type": .list([.text("string"), .text("number"), .text("boolean")])])
    case .optionalText:
      .object(["type": .list([.text("string"), .text("number"), .text("boolean"), .text("null")])])
    case .name: .object(["type": .list([.text("string"), .text("number")]), "pattern": .text(namePattern)])
    case .scalar(let kind): scalar(kind)
    case .setting(let kind): .object(["anyOf": .list([scalar(kind), grid(kind)])])
    case .list(let element): .object(["type": .text("array"), "items": schema(element)])
    case .table(let value, let keysAreNames):
      .object(
        ["type": .text("object"), "additionalProperties": schema(value)].merging(
          keysAreNames ? ["propertyNames": .object(["pattern": .text(namePattern)])] : [:]
        ) { first, _ in first })
    case .object(let fields): object(fields)
    case .variants(let variants):
      .object(["oneOf": .list(variants.rows.map { object(fields(of: $0, in: variants)) })])
    case .either(let shapes): .object(["anyOf": .list(shapes.map(schema))])
    }
  }

  private static func fields(of row: Variants.Row, in variants: Variants) -> [Field] {
    let key = Field(variants.key, .scalar(.choice([row.name])), required: true, variants.summary)
    return [key] + variants.common + row.fields
  }

  private static func object(_ fields: [Field]) -> JSONValue {
    var properties: [String: JSONValue] = [:]
    for field in fields {
      guard case .object(var members) = schema(field.shape) else { continue }
      members["description"] = .text(field.summary)
      if let value = field.defaultValue { members["default"] = .value(value) }
      properties[field.key] = .object(members)
    }
    var members: [String: JSONValue] = [
      "type": .text("object"), "additionalProperties": .value(.flag(false)),
      "properties": .object(properties),
    ]
    let required = fields.filter(\.isRequired).map { JSONValue.text($0.key) }
    if !required.isEmpty { members["required"] = .list(required) }
    return .object(members)
  }

  private static func scalar(_ kind: ParameterSpec.Kind) -> JSONValue {
    switch kind {
    case .number(let range):
      .object([
        "type": .text("number"), "minimum": .value(.number(range.lowerBound)),
        "maximum": .value(.number(range.upperBound)),
      ])
    case .integer(let range):
      .object([
        "type": .text("integer"), "minimum": .value(.number(Double(range.lowerBound))),
        "maximum": .value(.number(Double(range.upperBound))),
      ])
    case .flag: .object(["type": .text("boolean")])
    case .choice(let words): .object(["enum": .list(words.map { .text($0) })])
    }
  }

  private static func grid(_ kind: ParameterSpec.Kind) -> JSONValue {
    let values = JSONValue.object([
      "type": .text("array"), "items": scalar(kind), "minItems": .value(.number(1)),
      "uniqueItems": .value(.flag(true)),
    ])
    return .object([
      "type": .text("object"), "additionalProperties": .value(.flag(false)),
      "required": .list([.text("grid")]),
      "properties": .object(["grid": values]),
    ])
  }
}

/// A JSON value.
private indirect enum JSONValue: Encodable {
  case value(ParameterValue)
  case list([JSONValue])
  case object([String: JSONValue])

  static func text(_ text: String) -> JSONValue { .value(.text(text)) }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .value(.number(let number)) where number == number.rounded() && abs(number) < 1e15:
      try container.encode(Int64(number))
    case .value(let value): try container.encode(value)
    case .list(let elements): try container.encode(elements)
    case .object(let members): try container.encode(members)
    }
  }
}
