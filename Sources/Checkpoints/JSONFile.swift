public import Basics
internal import Foundation
internal import LinearAlgebra

/// A JSON object in a file, with errors that name the file and the key.
public struct JSONFile: Sendable {
  /// The file.
  public let path: String
  /// What it holds.
  public let tree: JSON

  /// Reads a file that must hold one object.
  ///
  /// - Throws: a `Diagnostic` with the place where it is no JSON.
  public init(path: String) throws(Diagnostic) {
    let tree = try JSON(try InputFile.bytes(path, hint: nil), file: path)
    guard tree.members != nil else {
      throw Diagnostic("the file holds \(tree.kind), not an object", at: Place(file: path))
    }
    self.path = path
    self.tree = tree
  }

  /// A value that may be missing or null; of the wrong kind it is an error, which says a number that is not allowed.
  public func optional<Value>(
    _ key: String, _ kind: String, _ read: (JSON) -> Value?
  ) throws(Diagnostic) -> Value? {
    guard let value = tree[key], value != .null else { return nil }
    guard let result = read(value) else {
      var found = value.kind
      if kind.contains("number"), let number = value.number {
        found = ParameterValue.number(number).description
      }
      throw Diagnostic("'\(key)' must be \(kind), not \(found)", at: Place(file: path))
    }
    return result
  }

  /// A value that must be there.
  public func required<Value>(_ key: String, _ kind: String, _ read: (JSON) -> Value?) throws(Diagnostic)
    -> Value
  {
    guard let value = try optional(key, kind, read) else {
      throw Diagnostic("'\(key)' is missing", at: Place(file: path))
    }
    return value
  }

  /// A size: a whole number from 1, which must be there.
  public func size(_ key: String) throws(Diagnostic) -> Int {
    try required(key, "a whole number from 1") { $0.integer.flatMap { $0 > 0 ? $0 : nil } }
  }

  /// ε of a norm; `usual` where there is none.
  public func epsilon(_ key: String, usual: Double) throws(Diagnostic) -> Double {
    try optional(key, "a number from 0") { $0.number.flatMap { $0 >= 0 ? $0 : nil } } ?? usual
  }

  /// Checks that a width divides into attention heads.
  public func check(width: Int, heads: Int, keys: (width: String, heads: String)) throws(Diagnostic) {
    guard width % heads == 0 else {
      throw Diagnostic(
        "'\(keys.width)' \(width) does not divide by '\(keys.heads)' \(heads)", at: Place(file: path))
    }
  }

  /// A value as JSON with sorted keys.
  public static func bytes(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value)) + [0x0a]
  }

  /// Writes a document, whole or not at all.
  public static func write(_ document: JSON, to path: String) throws {
    try AtomicFile.write(path) { try $0.append(document.document) }
  }

  /// Writes a value as JSON with sorted keys, whole or not at all.
  public static func write(_ value: some Encodable, to path: String) throws {
    let bytes = try bytes(value)
    try AtomicFile.write(path) { try $0.append(bytes) }
  }
}
