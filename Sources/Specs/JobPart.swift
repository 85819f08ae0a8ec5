/// A part of a job: a line of its identity, and where in a manifest it comes from.
///
/// Identities and reasons go over one list (`JobSpec.read`): what makes a job another one can always be told.
public struct JobPart: Sendable {
  /// What is in it.
  public enum Content: Sendable {
    /// A value with its hash.
    case part(any Codable & Sendable, hex: String)
    /// A word, a number or several.
    case text(String)
    /// Jobs whose artefacts are read.
    case jobs([JobID])
  }

  /// Its name in the identity.
  public var name: String
  /// The words of the manifest that set it: `training.max_tokens`.
  public var word: String
  /// What is in it.
  public var content: Content
}

/// Who goes over the parts of a job, in the order of its identity; what is nil is no part.
protocol PartReader {
  /// A part that is hashed on its own.
  mutating func part<Value>(_ name: String, _ word: String, _ part: Hashed<Value>)
  /// A word, a number or a truth value.
  mutating func value(_ name: String, _ word: String, _ value: some CustomStringConvertible)
  /// Numbers in the order that counts.
  mutating func numbers(_ name: String, _ word: String, _ numbers: [some CustomStringConvertible])
  /// Jobs in the order that counts.
  mutating func jobs(_ name: String, _ word: String, _ jobs: [JobID])
}

extension PartReader {
  /// A job, where there is one.
  mutating func job(_ name: String, _ word: String, _ job: JobID?) {
    if let job { jobs(name, word, [job]) }
  }
}

/// The parts in a list.
struct PartList: PartReader {
  private(set) var parts: [JobPart] = []

  mutating func part<Value>(_ name: String, _ word: String, _ part: Hashed<Value>) {
    add(name, word, .part(part.wrappedValue, hex: part.hex))
  }

  mutating func value(_ name: String, _ word: String, _ value: some CustomStringConvertible) {
    add(name, word, .text(value.description))
  }

  mutating func numbers(_ name: String, _ word: String, _ numbers: [some CustomStringConvertible]) {
    add(name, word, .text(numbers.map(\.description).joined(separator: " ")))
  }

  mutating func jobs(_ name: String, _ word: String, _ jobs: [JobID]) { add(name, word, .jobs(jobs)) }

  private mutating func add(_ name: String, _ word: String, _ content: JobPart.Content) {
    parts.append(JobPart(name: name, word: word, content: content))
  }
}
