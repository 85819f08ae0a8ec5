internal import Basics
internal import Foundation

/// A folder that appears whole or not at all.
enum FolderAttempt {
  /// Fills a folder beside the wanted one and puts it in its place; one that was there is replaced.
  static func write<Result>(_ folder: String, _ body: (_ attempt: String) throws -> Result) throws -> Result {
    let files = FileManager.default
    let target = URL(fileURLWithPath: folder).standardizedFileURL
    let attempt = target.deletingLastPathComponent().appendingPathComponent(
      ".\(target.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).partial")
    defer { try? files.removeItem(at: attempt) }
    do {
      try files.createDirectory(at: attempt, withIntermediateDirectories: true)
    } catch {
      throw Diagnostic("cannot make the folder: \(FileProblem.reason(error))", at: Place(file: folder))
    }
    let result = try body(attempt.path)
    do {
      if files.fileExists(atPath: target.path) { try files.removeItem(at: target) }
      try files.moveItem(at: attempt, to: target)
    } catch {
      throw Diagnostic("cannot write the folder: \(FileProblem.reason(error))", at: Place(file: folder))
    }
    return result
  }
}
