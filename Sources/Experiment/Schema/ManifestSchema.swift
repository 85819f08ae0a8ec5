internal import Basics
internal import Language

/// The manifest language as a JSON Schema, for editors.
public enum ManifestSchema {
  /// The schema (draft 2020-12), with a line for each short part, keys sorted, and a line break at the end.
  ///
  /// A merge is held against the one definition that its method names, and a value of several forms against the one of
  /// its form, so that what is wrong is told of the key that is wrong.
  public static func jsonSchema(_ vocabulary: Vocabulary) throws -> String {
    var writer = SchemaWriter()
    guard case .object(var members) = writer.schema(ManifestShape(vocabulary: vocabulary).root) else {
      preconditionFailure("the manifest is no object")
    }
    members["$schema"] = .text("https://json-schema.org/draft/2020-12/schema")
    members["title"] = .text("Mixology manifest")
    members["$defs"] = .object(writer.definitions)
    return try SchemaValue.object(members).text() + "\n"
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
      variants.rows.flatMap { row in
        let key = Field(variants.key, .text, required: true, variants.summary)
        return clashes([key] + variants.common + row.fields, at: "\(place) \(row.name)")
      }
    case .either(let shapes): shapes.flatMap { clashes($0, at: place) }
    case .ruled(let shape, _): clashes(shape, at: place)
    }
  }

  private static func clashes(_ fields: [Field], at place: String) -> [String] {
    var seen: Set<String> = []
    return fields.flatMap { field in
      (seen.insert(field.key).inserted ? [] : ["\(place): \(field.key)"])
        + clashes(field.shape, at: field.key)
    }
  }
}
