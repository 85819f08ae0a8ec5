internal import Basics
internal import Foundation
internal import Machine

/// A folder that appears whole or not at all.
enum FolderAttempt {
  /// Fills a folder beside the wanted one and puts it in its place; one that was there is replaced.
  ///
  /// What was there is only removed once the new one stands in its place, and what an attempt that was killed left
  /// behind is removed by the next one.
  static func write<Result>(_ folder: String, _ body: (_ attempt: String) throws -> Result) throws -> Result {
    let files = FileManager.default
    let target = URL(fileURLWithPath: folder).standardizedFileURL
    let own = ".\(target.lastPathComponent).\(ProcessIdentity.current.fileName)"
    let parent = target.deletingLastPathComponent()
    let attempt = parent.appendingPathComponent(own + ".partial")
    let replaced = parent.appendingPathComponent(own + ".replaced")
    clear(beside: target)
    defer { try? files.removeItem(at: attempt) }
    do {
      try files.createDirectory(at: attempt, withIntermediateDirectories: true)
    } catch {
      throw Diagnostic(
        "cannot make the folder: \(FileProblem.reason(error))", at: Place(file: folder),
        hint: FileProblem.remedy(error))
    }
    let result = try body(attempt.path)
    do {
      let isThere = files.fileExists(atPath: target.path)
      if isThere { try files.moveItem(at: target, to: replaced) }
      do { try files.moveItem(at: attempt, to: target) } catch {
        if isThere { try? files.moveItem(at: replaced, to: target) }
        throw error
      }
      if isThere { try? files.removeItem(at: replaced) }
    } catch {
      throw Diagnostic(
        "cannot write the folder: \(FileProblem.reason(error))", at: Place(file: folder),
        hint: FileProblem.remedy(error))
    }
    return result
  }

  /// Refuses to begin where the disk has no room for what will be written.
  ///
  /// - Parameters:
  ///   - words: Who takes it: `the merge takes`.
  ///   - smaller: What writes fewer bytes.
  static func checkRoom(
    for bytes: Int, in folder: String, taken words: String, orElse smaller: String
  ) throws(Diagnostic) {
    guard let free = MachineFacts.freeDisk(at: folder), free < bytes + (64 << 20) else { return }
    throw Diagnostic(
      "the disk has \(free >> 20) MiB free, \(words) \(bytes >> 20) MiB", at: Place(file: folder),
      hint: "make room, name a folder on another disk, or write fewer bytes: \(smaller)")
  }

  /// Removes what processes that have ended left; a folder that was moved away and not replaced comes back.
  private static func clear(beside target: URL) {
    let files = FileManager.default
    let parent = target.deletingLastPathComponent()
    let start = ".\(target.lastPathComponent)."
    for name in (try? files.contentsOfDirectory(atPath: parent.path).sorted()) ?? [] {
      let parts = name.dropFirst(start.count).split(separator: ".", omittingEmptySubsequences: false)
      guard name.hasPrefix(start), parts.count == 2, ["partial", "replaced"].contains(parts[1]),
        ProcessIdentity.isGone(fileName: parts[0])
      else { continue }
      let left = parent.appendingPathComponent(name)
      if parts[1] == "replaced", !files.fileExists(atPath: target.path) {
        try? files.moveItem(at: left, to: target)
      } else {
        try? files.removeItem(at: left)
      }
    }
  }
}
