internal import Basics
internal import Foundation
internal import Machine

/// What stands in a lease's file; always as many bytes, so that its owner can write over it in place.
struct LeaseRecord: Codable, Equatable {
  /// Who does the job.
  var holder: ProcessIdentity
  /// The lease that it follows, empty where it is the first.
  var previous: String
  /// Unlike that of any other lease.
  var token: String
  /// Whether a finished job's damage is mended under it; nil, and not written, where the job is done.
  private(set) var mends: Bool?
  /// Ten characters: a number that grows while its owner lives, or one of the words below.
  private var beat: String

  /// The job is not done, and its owner let go of it.
  private static let released = "released  "
  /// Somebody was faster: the lease never counted.
  private static let withdrawn = "withdrawn "

  init(holder: ProcessIdentity, previous: String, token: String, mends: Bool) {
    self.holder = holder
    self.mends = mends ? true : nil
    self.previous = previous
    self.token = token
    beat = LeaseRecord.text(0)
  }

  /// Reads a file's bytes; nil where they are not whole.
  init?(_ content: Data) {
    guard let record = try? JSONDecoder().decode(LeaseRecord.self, from: content) else { return nil }
    self = record
  }

  var isReleased: Bool { beat == LeaseRecord.released }
  var isWithdrawn: Bool { beat == LeaseRecord.withdrawn }

  /// Another sign of life.
  mutating func beatAgain() { beat = LeaseRecord.text((Int(beat) ?? 0) + 1) }
  mutating func release() { beat = LeaseRecord.released }
  mutating func withdraw() { beat = LeaseRecord.withdrawn }

  private static func text(_ number: Int) -> String { String(format: "%010d", number) }

  /// The file's bytes.
  var content: Data {
    get throws { try StableHash.canonicalJSON(self) }
  }
}
