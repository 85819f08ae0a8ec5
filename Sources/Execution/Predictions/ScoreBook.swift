internal import Basics
internal import Foundation
internal import Specs

/// `scores.json` beside the predictions of a job: what they came to, by the data that they were held against and by metric.
///
/// It is no part of the job's result: it can be made again from the predictions as long as these are there, and one more
/// metric is one more entry. The first line is the hash of the rest, so that a score that was changed is none.
struct ScoreBook: Codable, Equatable {
  /// By the hash of the task as its targets are read, then by metric.
  var scores: [String: [String: Double]] = [:]

  static let name = "scores.json"

  /// The scores of a job; none where there is no such file, or where it was changed.
  static func read(_ folder: String) -> ScoreBook {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)"),
      let end = data.firstIndex(of: UInt8(ascii: "\n"))
    else { return ScoreBook() }
    let rest = Data(data[data.index(after: end)...])
    guard StableHash.hex(rest) == String(decoding: data[..<end], as: UTF8.self),
      let book = try? JSONDecoder().decode(ScoreBook.self, from: rest)
    else { return ScoreBook() }
    return book
  }

  /// Writes them into a job's folder.
  func write(_ folder: String) throws {
    let rest = try StableHash.canonicalJSON(self)
    try (Data((StableHash.hex(rest) + "\n").utf8) + rest).write(
      to: URL(fileURLWithPath: "\(folder)/\(ScoreBook.name)"), options: .atomic)
  }
}
