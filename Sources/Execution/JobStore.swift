public import Basics
public import Foundation
internal import Machine
public import Specs

/// The content-addressed store: one folder a finished job, named by the job's id.
///
/// A job is written to a folder beside it and renamed when it is whole, so what stands under an id is complete,
/// whoever crashed when; `Leases` say who is at a job that is not. What a job wrote is noted with it, so that a file that
/// was changed or cut later is not taken for its result. Failures leave a note that the next run overwrites.
public struct JobStore: Sendable {
  /// The folder `.store`.
  public let root: URL

  static let resultName = "result.json"
  static let specName = "job.json"
  /// The folder, as texts are joined: a store of many jobs is asked often.
  private let path: String

  /// Opens a store; nothing is created before something is written.
  public init(root: URL) {
    self.root = root
    path = root.path
  }

  /// The folder of a finished job.
  public func folder(_ id: JobID) -> URL { root.appendingPathComponent(id.hex) }

  /// The same as a text.
  func path(_ id: JobID) -> String { "\(path)/\(id.hex)" }

  /// Whether the job is finished.
  public func contains(_ id: JobID) -> Bool {
    FileManager.default.fileExists(atPath: "\(path)/\(id.hex)/\(JobStore.resultName)")
  }

  /// What a finished job found.
  public func result(_ id: JobID) throws -> JobResult {
    try read(JobResult.self, JobStore.resultName, of: id)
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
  ///
  /// - Parameter token: That of the lease under which it is made.
  public func beginAttempt(_ id: JobID, _ token: String) throws -> URL {
    let folder = attempt(id, token)
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// Makes an attempt the job's result: everything reaches the disk, then the folder gets its name.
  ///
  /// Where another process was faster its folder stays: the bytes are the same. What stands there of a job that is not whole is
  /// moved aside first and removed last, so that a crash leaves the old or the new one, or both.
  /// - Parameter token: That of the lease under which it was made; nil asks for no lease.
  /// - Throws: a `Diagnostic` where the job has another owner by now, and what the system refuses.
  public func commit(
    _ attempt: URL, as id: JobID, spec: JobSpec, result: JobResult, cost: JobCost, under token: String? = nil
  ) throws {
    try write(spec, JobStore.specName, to: attempt)
    try write(result, JobStore.resultName, to: attempt)
    try seal(attempt)
    try write(cost, "cost.json", to: attempt)
    for name in try FileManager.default.subpathsOfDirectory(atPath: attempt.path) {
      try JobStore.flush(attempt.appendingPathComponent(name))
    }
    if let token, isTaken(id, fromHolderOf: token) {
      throw Diagnostic(
        "another run has taken the job over: this one had stood still", at: Place(file: folder(id).path))
    }
    // What stands there without a result was left by a hand, not by a commit; what was dropped is there again.
    if !isWhole(id) { setAside(id) }
    do {
      try FileManager.default.moveItem(at: attempt, to: folder(id))
    } catch {
      if !isWhole(id) {
        takeBack(id)
        throw error
      }
      try? FileManager.default.removeItem(at: attempt)
    }
    try? FileManager.default.removeItem(at: replaced(id))
    try? FileManager.default.removeItem(at: note(id))
  }

  /// Waits until a file is on the disk: what was written may be refused only then.
  private static func flush(_ file: URL) throws {
    let handle = try FileHandle(forReadingFrom: file)
    defer { try? handle.close() }
    do { try handle.synchronize() } catch {
      // Some file systems have nothing to wait for, folders above all.
      guard FileProblem.number(error) == EINVAL else { throw error }
    }
  }

  /// What a finished job was asked to do; nil where the record is missing.
  public func spec(_ id: JobID) -> JobSpec? {
    try? read(JobSpec.self, JobStore.specName, of: id)
  }

  /// The finished jobs whose ids begin so, sorted.
  public func jobs(beginningWith prefix: String) -> [JobID] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.sorted().filter { $0.hasPrefix(prefix.lowercased()) && !$0.contains("-") }
      .compactMap { JobID(hex: $0) }.filter(contains)
  }

  private func write(_ value: some Encodable, _ name: String, to folder: URL) throws {
    try StableHash.canonicalJSON(value).write(to: folder.appendingPathComponent(name))
  }

  /// Removes an attempt that will not be finished, also while somebody still writes into it.
  public func abandonAttempt(_ id: JobID, _ token: String) {
    // Under another name nothing new comes in while it is removed; a sweep knows that name too.
    let abandoned = root.appendingPathComponent("attempt-abandoned\(id.hex)-\(token)")
    guard (try? FileManager.default.moveItem(at: attempt(id, token), to: abandoned)) != nil else { return }
    try? FileManager.default.removeItem(at: abandoned)
  }

  /// Takes what stands under an id out of the way of what is committed under it.
  package func setAside(_ id: JobID) {
    guard FileManager.default.fileExists(atPath: path(id)) else { return }
    // What an earlier crash left there was replaced by what stands under the id now.
    try? FileManager.default.removeItem(at: replaced(id))
    try? FileManager.default.moveItem(at: folder(id), to: replaced(id))
  }

  /// Puts back what was set aside where nothing has come in its place.
  private func takeBack(_ id: JobID) {
    if !contains(id) { try? FileManager.default.moveItem(at: replaced(id), to: folder(id)) }
    try? FileManager.default.removeItem(at: replaced(id))
  }

  private static let replacedName = "replaced"

  private func replaced(_ id: JobID) -> URL {
    root.appendingPathComponent("attempt-\(JobStore.replacedName)-\(id.hex)")
  }

  /// Removes what crashes left: attempts that no owner stands behind, and leases of finished jobs but for those under which
  /// damage is being mended.
  public func sweep() {
    sweepLeases()
    for name in names().sorted() {
      let parts = name.split(separator: "-")
      guard parts.count == 3, parts[0] == "attempt" else { continue }
      let isReplaced = parts[1] == JobStore.replacedName
      // A lease is there before its attempt: it is looked for after. Where that fails nothing is touched.
      if let id = JobID(hex: isReplaced ? parts[2] : parts[1]) {
        let owner: LeaseRecord?
        do throws(Diagnostic) { owner = try self.owner(of: id) } catch { continue }
        if isReplaced {
          // Whoever commits in its place is at it.
          if owner == nil { takeBack(id) }
          continue
        }
        if owner?.token == String(parts[2]) { continue }
      }
      try? FileManager.default.removeItem(at: root.appendingPathComponent(name))
    }
  }

  private func attempt(_ id: JobID, _ token: String) -> URL {
    root.appendingPathComponent("attempt-\(id.hex)-\(token)")
  }

  private func note(_ id: JobID) -> URL { root.appendingPathComponent("failed-\(id.hex).json") }

  private func read<Value: Decodable>(_ type: Value.Type, _ name: String, of id: JobID) throws -> Value {
    let file = folder(id).appendingPathComponent(name)
    do {
      return try JSONDecoder().decode(type, from: Data(contentsOf: file))
    } catch {
      let reason =
        error is DecodingError ? "it is not what a job of this version writes" : error.localizedDescription
      throw Diagnostic(
        "the stored record cannot be read: \(reason)", at: Place(file: file.path),
        hint: "remove the folder \(folder(id).path) and run again")
    }
  }
}
