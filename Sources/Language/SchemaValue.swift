package import Basics
internal import Foundation

/// A JSON value of a schema.
package indirect enum SchemaValue: Hashable {
  case value(ParameterValue)
  case list([SchemaValue])
  case object([String: SchemaValue])

  package static func text(_ text: String) -> SchemaValue { .value(.text(text)) }
  package static func number(_ number: Int) -> SchemaValue { .value(.number(Double(number))) }
  package static func flag(_ flag: Bool) -> SchemaValue { .value(.flag(flag)) }
  package static func words(_ words: [String]) -> SchemaValue { .list(words.map { .text($0) }) }
  /// A definition under `$defs`.
  package static func reference(_ name: String) -> SchemaValue { .object(["$ref": .text("#/$defs/\(name)")]) }

  private static let width = 110

  /// The value as JSON, keys sorted: on one line where it fits, else a line for each part.
  package func text(indent: Int = 0) throws -> String {
    let line = try line()
    let margin = String(repeating: "  ", count: indent + 1)
    if line.count + margin.count <= Self.width { return line }
    let end = "\n" + margin.dropLast(2)
    switch self {
    case .value: return line
    case .list(let elements):
      let parts = try elements.map { try margin + $0.text(indent: indent + 1) }
      return "[\n" + parts.joined(separator: ",\n") + end + "]"
    case .object(let members):
      let parts = try members.sorted { $0.key < $1.key }.map { key, value in
        try margin + SchemaValue.text(key).line() + ": " + value.text(indent: indent + 1)
      }
      return "{\n" + parts.joined(separator: ",\n") + end + "}"
    }
  }

  private func line() throws -> String {
    switch self {
    case .value(.number(let number)) where number == number.rounded() && abs(number) < 1e15:
      return "\(Int64(number))"
    case .value(let value):
      let encoder = JSONEncoder()
      encoder.outputFormatting = .withoutEscapingSlashes
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    case .list(let elements):
      return "[" + (try elements.map { try $0.line() }.joined(separator: ", ")) + "]"
    case .object(let members):
      let parts = try members.sorted { $0.key < $1.key }.map { key, value in
        try SchemaValue.text(key).line() + ": " + value.line()
      }
      return "{" + parts.joined(separator: ", ") + "}"
    }
  }
}
