internal import Basics

/// A part of a job with its hash: made once, and shared by all jobs that have it.
///
/// A job's identity is the hash of its parts' hashes (`JobSpec.id()`), so that a plan of a million jobs turns a task, a base
/// or a setting into JSON once. A part that is changed through a job is hashed anew. It is written and read as its value.
@propertyWrapper
public struct Hashed<Value: Codable & Hashable & Sendable>: Sendable {
  private final class Box: Sendable {
    let value: Value
    /// The SHA-256 of the value's canonical JSON, 64 hexadecimal digits.
    let hex: String

    init(_ value: Value) {
      self.value = value
      do { hex = try StableHash.hex(of: value) } catch {
        // Manifests refuse numbers that are none, and nothing else has no JSON.
        preconditionFailure("a part of a job has no canonical JSON: \(error)")
      }
    }
  }

  private var box: Box

  /// Hashes a value.
  public init(wrappedValue: Value) { box = Box(wrappedValue) }

  /// Hashes a value.
  public init(_ value: Value) { box = Box(value) }

  /// The value; a new one is hashed.
  public var wrappedValue: Value {
    get { box.value }
    set { box = Box(newValue) }
  }

  /// The value with its hash, to be handed to another job as it is.
  public var projectedValue: Hashed {
    get { self }
    set { self = newValue }
  }

  /// The SHA-256 of the value's canonical JSON, 64 hexadecimal digits.
  public var hex: String { box.hex }
}

extension Hashed: Hashable {
  /// Whether the hashes are the same.
  public static func == (a: Hashed, b: Hashed) -> Bool { a.box === b.box || a.hex == b.hex }

  /// The hash stands for the value.
  public func hash(into hasher: inout Hasher) { hasher.combine(hex) }
}

extension Hashed: Codable {
  /// Reads the value.
  public init(from decoder: any Decoder) throws { self.init(try Value(from: decoder)) }

  /// Writes the value.
  public func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}
