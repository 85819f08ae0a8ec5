internal import Basics
public import Foundation

/// A fresh folder that is taken away after the body.
public func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let manager = FileManager.default
  let folder = manager.temporaryDirectory.appendingPathComponent("mixology-\(UUID().uuidString)").path
  try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? manager.removeItem(atPath: folder) }
  return try body(folder)
}

/// Writes a text file, with its folders.
public func write(_ text: String, to path: String) throws {
  let url = URL(fileURLWithPath: path)
  try FileManager.default.createDirectory(
    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
  try Data(text.utf8).write(to: url)
}

/// The text of the diagnostic that a piece of work throws, with the folder taken out; nil where it throws nothing.
public func problem(in folder: String, _ work: () throws -> Void) throws -> String? {
  do {
    try work()
    return nil
  } catch let diagnostic as Diagnostic {
    return diagnostic.description.replacingOccurrences(of: folder + "/", with: "")
      .replacingOccurrences(of: folder, with: "FOLDER")
  }
}

/// A folder that goes away with its value.
public final class Scratch: Sendable {
  /// The folder.
  public let url: URL

  /// Makes a fresh one.
  public init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("mixology-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}
