public import Basics
public import Foundation
public import Specs

/// The content-addressed store: one folder a finished job, named by the job's id.
///
/// A job is written to a folder beside it and renamed when it is whole, so what stands under an id is complete,
/// whoever crashed when. Failures leave a note that the next run overwrites.
public struct JobStore: Sendable {
  /// The folder `.store`.
  public let root: URL

  /// Opens a store; nothing is created before something is written.
  public init(root: URL) {
    self.root = root
  }

  /// The folder of a finished job.
  public func folder(_ id: JobID) -> URL { root.appendingPathComponent(id.hex) }

  /// Whether the job is finished.
  public func contains(_ id: JobID) -> Bool {
    FileManager.default.fileExists(atPath: folder(id).appendingPathComponent("result.json").path)
  }

  /// What a finished job found.
  public func result(_ id: JobID) throws -> JobResult {
    try read(JobResult.self, "result.json", of: id)
  }

  /// What a finished job cost; nil where the record is missing.
  public func cost(_ id: JobID) -> JobCost? {
    try? read(JobCost.self, "cost.json", of: id)
  }

  /// The failure of the last attempt, where it failed.
  public func failure(_ id: JobID) -> Diagnostic? {
    guard let data = try? Data(contentsOf: note(id)) else { return nil }
    return try? JSONDecoder().decode(Diagnostic.self, from: data)
  }

  /// Leaves a note on why a job failed.
  public func recordFailure(_ diagnostic: Diagnostic, of id: JobID) throws {
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    try StableHash.canonicalJSON(diagnostic).write(to: note(id), options: .atomic)
  }

  /// A fresh folder for an attempt.
  public func beginAttempt(_ id: JobID) throws -> URL {
    let folder = root.appendingPathComponent("attempt-\(id.hex)-\(ProcessInfo.processInfo.processIdentifier)")
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// Makes an attempt the job's result: everything reaches the disk, then the folder gets its name.
  ///
  /// Where another process was faster its folder stays: the bytes are the same.
  public func commit(_ attempt: URL, as id: JobID, result: JobResult, cost: JobCost) throws {
    try StableHash.canonicalJSON(cost).write(to: attempt.appendingPathComponent("cost.json"))
    let file = attempt.appendingPathComponent("result.json")
    try StableHash.canonicalJSON(result).write(to: file)
    for name in try FileManager.default.subpathsOfDirectory(atPath: attempt.path) {
      if let handle = FileHandle(forReadingAtPath: attempt.appendingPathComponent(name).path) {
        try? handle.synchronize()
        try handle.close()
      }
    }
    if !contains(id) {
      // What stands there without a result was left by a hand, not by a commit.
      try? FileManager.default.removeItem(at: folder(id))
    }
    do {
      try FileManager.default.moveItem(at: attempt, to: folder(id))
    } catch {
      if !contains(id) { throw error }
      try? FileManager.default.removeItem(at: attempt)
    }
    try? FileManager.default.removeItem(at: note(id))
  }

  /// Removes the folders of attempts whose process is gone.
  public func sweepAttempts() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    for name in names where name.hasPrefix("attempt-") {
      let process = name.split(separator: "-").last.flatMap { Int32($0) }
      if let process, kill(process, 0) == 0 { continue }
      try? FileManager.default.removeItem(at: root.appendingPathComponent(name))
    }
  }

  /// The jobs that a living process is at.
  public func runningAttempts() -> Set<JobID> {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return Set(
      names.compactMap { name in
        let parts = name.split(separator: "-")
        guard parts.count == 3, parts[0] == "attempt", let process = Int32(parts[2]), kill(process, 0) == 0 else {
          return nil
        }
        return JobID(hex: String(parts[1]))
      })
  }

  private func note(_ id: JobID) -> URL { root.appendingPathComponent("failed-\(id.hex).json") }

  private func read<Value: Decodable>(_ type: Value.Type, _ name: String, of id: JobID) throws -> Value {
    let file = folder(id).appendingPathComponent(name)
    do {
      return try JSONDecoder().decode(type, from: Data(contentsOf: file))
    } catch {
      throw Diagnostic(
        "the stored record cannot be read: \(error.localizedDescription)", at: Place(file: file.path),
        hint: "remove the folder \(folder(id).path) and run again")
    }
  }
}
