/// What a task asks for: the word of a row in the table of kinds, which manifests and specs write.
public struct TaskKind: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
  /// The word.
  public let rawValue: String

  /// Names a row.
  public init(rawValue: String) {
    self.rawValue = rawValue
  }

  /// Names a row.
  public init(_ name: String) {
    self.init(rawValue: name)
  }

  /// The word.
  public var description: String { rawValue }
}
