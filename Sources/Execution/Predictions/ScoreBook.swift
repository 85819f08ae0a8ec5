internal import Basics
internal import Foundation

/// `scores/` beside the predictions of a job: what they came to, a file for each score.
///
/// They are no part of the job's result: they can be made again from the predictions as long as these are there, and one more
/// metric is one more file. Each file is written whole and by whoever computed it: of two runs none undoes what the other
/// one wrote.
struct ScoreBook {
  private let folder: String

  static let name = "scores"

  /// The scores beside the predictions in a job's folder.
  init(_ job: String) { folder = "\(job)/\(ScoreBook.name)" }

  /// A score, and what of it else it is known by, so that one that was changed by hand is none.
  private struct Entry: Codable {
    var key: String
    var value: Double
    var check: String

    init(_ key: String, _ value: Double) {
      self.key = key
      self.value = value
      check = Entry.check(key, value)
    }

    var isSound: Bool { check == Entry.check(key, value) }

    private static func check(_ key: String, _ value: Double) -> String {
      String(StableHash.hex(Data("\(key) \(value.bitPattern)".utf8)).prefix(16))
    }
  }

  /// The score of a key; nil where it is not known.
  func score(_ key: ScoreKey) -> Double? {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(key.text).json"),
      let entry = try? JSONDecoder().decode(Entry.self, from: data), entry.key == key.text, entry.isSound
    else { return nil }
    return entry.value
  }

  /// Writes a score; numbers that are none have no JSON and are computed every time.
  func keep(_ value: Double, _ key: ScoreKey) throws {
    guard value.isFinite else { return }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try StableHash.canonicalJSON(Entry(key.text, value)).write(
      to: URL(fileURLWithPath: "\(folder)/\(key.text).json"), options: .atomic)
  }
}

/// What a score is known by: the data that predictions are held against, the metric, and how that computes.
struct ScoreKey: Hashable {
  let text: String

  /// - Parameters:
  ///   - targets: The hash of what decides the targets.
  ///   - revision: That of the metric.
  init(targets: String, metric: String, revision: Int) {
    text = "\(targets)-\(metric)-\(revision)"
  }
}
