package import Basics

/// A part of the manifest that has the shape that its place asks for.
package struct Value: Sendable {
  /// What stands there.
  package indirect enum Content: Sendable {
    case scalar(ParameterValue)
    case grid([ParameterValue])
    case list([Value])
    case mapping([Entry])
    /// Something with a problem that has been reported; nothing may be concluded from it.
    case broken
  }

  package var content: Content
  package var place: Place
  /// Known keys that unknown keys of this mapping seem to mean; nil where it has no unknown ones.
  package var meant: [String]?

  /// The entries of a mapping; none for anything else.
  package var entries: [Entry] {
    guard case .mapping(let entries) = content else { return [] }
    return entries
  }

  /// The elements of a list; nil for anything else.
  package var elements: [Value]? {
    guard case .list(let elements) = content else { return nil }
    return elements
  }

  /// The value of a key that is there and sound.
  package subscript(_ key: String) -> Value? {
    guard let entry = entry(key), !entry.value.isBroken else { return nil }
    return entry.value
  }

  /// The entry of a key, sound or not.
  package func entry(_ key: String) -> Entry? { entries.first { $0.key == key } }

  /// Whether the key stands there, sound or not.
  package func has(_ key: String) -> Bool { entry(key) != nil }

  /// Whether the key stands there, or an unknown one that has been reported and seems to mean it.
  package func means(_ key: String) -> Bool { has(key) || meant?.contains(key) == true }

  /// Whether a problem has been reported here.
  package var isBroken: Bool {
    guard case .broken = content else { return false }
    return true
  }

  /// The value or the values of a grid.
  package var settings: [ParameterValue] {
    switch content {
    case .scalar(let value): [value]
    case .grid(let values): values
    case .list, .mapping, .broken: []
    }
  }

  /// A word or text.
  package var text: String? {
    guard case .scalar(.text(let text)) = content else { return nil }
    return text
  }

  /// A number.
  package var number: Double? {
    guard case .scalar(.number(let number)) = content else { return nil }
    return number
  }

  /// A whole number.
  package var integer: Int? { number.flatMap { Int(exactly: $0) } }

  /// The texts of a list; nil for anything else.
  package var texts: [String]? { elements.map { $0.compactMap(\.text) } }
}

/// A key with its value.
package struct Entry: Sendable {
  package var key: String
  package var keyPlace: Place
  package var value: Value
}
