package import Basics

/// What a place of the manifest may hold: the one table behind the reader, the JSON Schema and the overrides.
package indirect enum Shape: Sendable {
  /// Any single value, taken as it is written.
  case text
  /// As `text`, and may be left empty.
  case optionalText
  /// A single value that can be part of a file name: letters, digits and `_.+-`.
  case name
  /// One checked value.
  case scalar(ParameterSpec.Kind)
  /// One checked value, or a grid of them.
  case setting(ParameterSpec.Kind)
  /// Elements of one shape.
  case list(Shape)
  /// Keys that the user chooses.
  case table(Shape, keysAreNames: Bool)
  /// Keys that the manifest language knows.
  case object([Field])
  /// An object whose further keys depend on one of its values.
  case variants(Variants)
  /// Shapes of different forms (single value, list, mapping); the value's form decides.
  case either([Shape])
  /// A shape with rules that the schema says too, and that the reader has its own words for.
  case ruled(Shape, [Rule])

  /// A text that is one of the words of a table, which the reader looks up.
  package static func word(_ words: [String]) -> Shape { .ruled(.text, [.words(words)]) }

  /// The shape without its rules.
  package var bare: Shape {
    guard case .ruled(let shape, _) = self else { return self }
    return shape.bare
  }

  /// The field of that name below this shape, for overrides and their values.
  package func child(_ key: String) -> Shape? {
    switch self {
    case .text, .optionalText, .name, .scalar, .setting: nil
    case .list(let element): Int(key) == nil ? nil : element
    case .table(let value, keysAreNames: _): value
    case .object(let fields): fields.first { $0.key == key }?.shape
    case .variants(let variants): variants.allFields.first { $0.key == key }?.shape
    case .either(let shapes): shapes.lazy.compactMap { $0.child(key) }.first
    case .ruled(let shape, _): shape.child(key)
    }
  }

  /// The keys that say the same thing in other ways than a key, which they give way to on the command line.
  package func otherWays(than key: String) -> [String] {
    switch self {
    case .object(let fields):
      guard fields.contains(where: { $0.key == key && $0.isWay }) else { return [] }
      return fields.filter { $0.isWay && $0.key != key }.map(\.key)
    case .either(let shapes): return shapes.flatMap { $0.otherWays(than: key) }
    case .ruled(let shape, _): return shape.otherWays(than: key)
    case .text, .optionalText, .name, .scalar, .setting, .list, .table, .variants: return []
    }
  }
}

/// A key of an object.
package struct Field: Sendable {
  package let key: String
  package let shape: Shape
  package let isRequired: Bool
  package let summary: String
  /// The value where the manifest says nothing, as the schema shows it.
  package let defaultValue: ParameterValue?
  /// Whether it is one of several ways to say a thing, of which one alone may stand.
  package let isWay: Bool

  package init(
    _ key: String, _ shape: Shape, required: Bool = false, default defaultValue: ParameterValue? = nil,
    isWay: Bool = false, _ summary: String
  ) {
    self.key = key
    self.shape = shape
    self.isRequired = required
    self.summary = summary
    self.defaultValue = defaultValue
    self.isWay = isWay
  }

  /// The key for a parameter, as a setting that takes grids.
  package init(setting parameter: ParameterSpec) {
    self.init(
      parameter.name, .setting(parameter.kind), default: parameter.defaultValue, parameter.summary)
  }

  /// The key for a parameter without grids.
  package init(scalar parameter: ParameterSpec) {
    self.init(parameter.name, .scalar(parameter.kind), default: parameter.defaultValue, parameter.summary)
  }
}

/// An object in which one key's value decides which others there are: a merge by its method.
package struct Variants: Sendable {
  /// A value of the deciding key and the keys that it brings.
  package struct Row: Sendable {
    package let name: String
    package let fields: [Field]
    package let rules: [Rule]

    /// Makes a row.
    package init(name: String, fields: [Field], rules: [Rule] = []) {
      self.name = name
      self.fields = fields
      self.rules = rules
    }
  }

  /// The deciding key.
  package let key: String
  /// What its values are, for messages: `merge method`.
  package let kind: String
  package let summary: String
  package let common: [Field]
  package let rows: [Row]
  /// What leads from an unknown value to a known one.
  package let hint: @Sendable (String) -> String

  /// Makes the variants of an object.
  package init(
    key: String, kind: String, summary: String, common: [Field], rows: [Row],
    hint: @escaping @Sendable (String) -> String = { _ in "" }
  ) {
    self.key = key
    self.kind = kind
    self.summary = summary
    self.common = common
    self.rows = rows
    self.hint = hint
  }

  /// The fields of all rows, each key once.
  package var allFields: [Field] {
    var fields = [Field(key, .scalar(.choice(rows.map(\.name))), required: true, summary)] + common
    for field in rows.flatMap(\.fields) where !fields.contains(where: { $0.key == field.key }) {
      fields.append(field)
    }
    return fields
  }
}
