internal import Basics

/// What a job's identity is the hash of: one line for each field, `name value`, in the order of the fields.
///
/// Parts stand there by their hashes, other jobs by their identities; a field that is nil has no line.
struct IdentityText: PartReader {
  private(set) var bytes: [UInt8] = []

  /// Begins the text of a job: `mixology job 3 train`.
  init(format: Int, kind: String) {
    bytes.reserveCapacity(640)
    add(text: "mixology job \(format) \(kind)\n")
  }

  /// A part, by its hash.
  mutating func part<Value>(_ name: String, _: String, _ part: Hashed<Value>) { add(line: name, part.hex) }

  mutating func value(_ name: String, _: String, _ value: some CustomStringConvertible) {
    add(line: name, value.description)
  }

  mutating func numbers(_ name: String, _: String, _ numbers: [some CustomStringConvertible]) {
    add(line: name, numbers.map(\.description).joined(separator: " "))
  }

  mutating func jobs(_ name: String, _: String, _ jobs: [JobID]) {
    add(text: name)
    for job in jobs {
      bytes.append(UInt8(ascii: " "))
      bytes.append(contentsOf: job.digits)
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func add(line name: String, _ value: String) {
    add(text: name)
    bytes.append(UInt8(ascii: " "))
    add(text: value)
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func add(text: String) { bytes.append(contentsOf: text.utf8) }

  /// The hash of the text.
  var id: JobID { JobID(digest: StableHash.digest(bytes)) }
}
