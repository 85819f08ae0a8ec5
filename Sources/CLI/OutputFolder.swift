internal import Basics
internal import Foundation

/// The folder that a command makes.
enum OutputFolder {
  /// Refuses to write over anything that is not an earlier output of the command, and over that where nothing is forced.
  ///
  /// - Parameter isOwn: Whether a file of that name is one that the command writes.
  static func check(_ path: String, isForced: Bool, isOwn: (String) -> Bool) throws(Diagnostic) {
    guard FileManager.default.fileExists(atPath: path) else { return }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw Diagnostic(
        "the output is a file, not a folder", at: Place(file: path), hint: "name another one")
    }
    if let other = names.sorted().first(where: { !isOwn($0) }) {
      throw Diagnostic(
        "the output folder holds something else: '\(other)'", at: Place(file: path), hint: "name another one")
    }
    if !isForced, !names.isEmpty {
      throw Diagnostic(
        "the output folder is not empty", at: Place(file: path), hint: "name another one, or add --force")
    }
  }

  /// Bytes of a file's size as mergekit and transformers write it: 5GB, 500MB, 1000000.
  static func bytes(_ text: String) throws(Diagnostic) -> Int {
    let units: [(String, Double)] = [
      ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1e9), ("K", 1e3), ("M", 1e6), ("G", 1e9),
      ("", 1),
    ]
    for (unit, factor) in units where text.uppercased().hasSuffix(unit) {
      if let number = Double(text.dropLast(unit.count)), number * factor >= 1, number * factor < 1e18 {
        return Int(number * factor)
      }
    }
    throw Diagnostic("'\(text)' is no size of a file", hint: "write --max-shard-size 5GB or 500MB")
  }
}
