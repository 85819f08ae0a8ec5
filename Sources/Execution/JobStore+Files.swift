public import Basics
package import Foundation
internal import Machine
public import Specs

/// What stands in `files.json`: a job's files, but for its costs, as the job wrote them.
private struct WrittenFiles: Codable {
  struct Entry: Codable {
    var bytes: Int
    var sha256: String
  }

  /// By path below the job's folder.
  var files: [String: Entry]

  static let name = "files.json"
  /// What no result is made from.
  static let uncounted = "cost.json"
}

/// How closely files are held against what their job wrote.
public enum FileScrutiny: Sendable {
  /// The size of every file, and every byte of the result.
  case sizes
  /// Every byte of every file.
  case bytes
}

extension JobStore {
  /// The file that says what a job wrote.
  static let recordName = WrittenFiles.name

  /// Notes size and SHA-256 of all files of an attempt in `files.json`.
  package func seal(_ attempt: URL) throws {
    var written = WrittenFiles(files: [:])
    for name in try FileManager.default.subpathsOfDirectory(atPath: attempt.path)
    where name != WrittenFiles.uncounted && name != WrittenFiles.name {
      let path = attempt.appendingPathComponent(name).path
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
      written.files[name] = .init(
        bytes: attributes[.size] as? Int ?? 0, sha256: try StableHash.hex(file: path))
    }
    try StableHash.canonicalJSON(written).write(to: attempt.appendingPathComponent(WrittenFiles.name))
  }

  /// What has become of a finished job's files since the job wrote them; nil where they are as they were.
  ///
  /// A commit writes the record, and dropping removes it: a job that has none otherwise was touched by a hand. What another
  /// run drops or replaces while this one looks is no damage.
  public func damage(_ id: JobID, _ scrutiny: FileScrutiny = .sizes) -> Diagnostic? {
    guard damageOnce(id, scrutiny) != nil else { return nil }
    return damageOnce(id, scrutiny)
  }

  private func damageOnce(_ id: JobID, _ scrutiny: FileScrutiny) -> Diagnostic? {
    let folder = folder(id)
    let record = folder.appendingPathComponent(WrittenFiles.name)
    guard let data = try? Data(contentsOf: record) else {
      return isWhole(id) ? broken("the record of the job's files is missing", record, folder) : nil
    }
    guard let written = try? JSONDecoder().decode(WrittenFiles.self, from: data) else {
      return broken("the record of the job's files cannot be read", record, folder)
    }
    guard written.files[JobStore.resultName] != nil else {
      return broken("the record of the job's files does not name its result", record, folder)
    }
    let isDropped = isDropped(id)
    for (name, entry) in written.files.sorted(by: { $0.key < $1.key })
    where !isDropped || name == JobStore.resultName {
      let file = folder.appendingPathComponent(name)
      guard let size = try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int else {
        return broken("a file that the job wrote is missing", file, folder)
      }
      guard size == entry.bytes else {
        return broken("the file has \(size) bytes, and the job wrote \(entry.bytes)", file, folder)
      }
      guard scrutiny == .bytes || name == JobStore.resultName else { continue }
      guard (try? StableHash.hex(file: file.path)) == entry.sha256 else {
        return broken("the file is not what the job wrote: its SHA-256 is another one", file, folder)
      }
    }
    return nil
  }

  private func broken(_ what: String, _ file: URL, _ folder: URL) -> Diagnostic {
    Diagnostic(
      what, at: Place(file: file.relativePath),
      hint: "run again, which does the job anew; or remove the folder \(folder.relativePath)")
  }

  /// Whether a job is finished and its files, by their sizes, are as it wrote them.
  public func isIntact(_ id: JobID) -> Bool { contains(id) && damage(id) == nil }

  /// Takes a finished job out of the store, whole or not at all; where another process did so already it is gone.
  public func discard(_ id: JobID) throws {
    // Under the name of an attempt it is no result any more, however far its removal comes; a sweep removes the rest.
    let owner = ProcessIdentity.current.fileName.replacing("-", with: ".")
    let discarded = root.appendingPathComponent("attempt-discarded\(id)-\(owner)")
    do { try FileManager.default.moveItem(at: folder(id), to: discarded) } catch {
      if contains(id) { throw error }
      return
    }
    try? FileManager.default.removeItem(at: discarded)
  }
}
