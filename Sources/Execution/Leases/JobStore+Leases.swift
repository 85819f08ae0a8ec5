internal import Basics
internal import Foundation
public import Machine
public import Specs

/// The files of leases, `lease-<job>.<n>`: the owner of an attempt at a job stands in that with the largest n.
///
/// A lease is taken by making the next file, which the file system lets one do: `O_EXCL` on local disks, and on NFS from
/// version 3 on, whose servers know an exclusive create again that is sent twice. Files are made in the folder in which
/// results appear, so that whoever made one has seen that folder as it was then, whatever a client of NFS remembered. None
/// is removed, or made anew, before the job is done or its files are dropped: two that take over the same lease want the
/// same name, and where one of them saw it go both find that they are not alone and ask again.
extension JobStore {
  /// Leases of one job, as they were read through fresh opens.
  struct LeaseChain {
    /// By their numbers from 1; nil where a file's bytes are not whole.
    var records: [(content: Data, record: LeaseRecord?)] = []

    /// The last one that counts, and its number.
    var last: (number: Int, content: Data, record: LeaseRecord?)? {
      let last = records.indices.last { records[$0].record?.isWithdrawn != true }
      return last.map { ($0 + 1, records[$0].content, records[$0].record) }
    }
  }

  /// Reads the leases of a job.
  ///
  /// - Throws: a `Diagnostic` where one is there, or may be, and cannot be read: nobody knows then who holds the job.
  func leaseChain(_ id: JobID) throws(Diagnostic) -> LeaseChain {
    var chain = LeaseChain()
    while let content = try content(of: lease(id, chain.records.count + 1)) {
      chain.records.append((content, LeaseRecord(content)))
    }
    return chain
  }

  /// Nil where there is no such file, and only then: too many open files, a disk that fails or a server that is away say
  /// nothing of it.
  private func content(of file: URL) throws(Diagnostic) -> Data? {
    do { return try Data(contentsOf: file) } catch {
      if FileProblem.number(error) == ENOENT { return nil }
      throw Diagnostic(
        "cannot read the lease: \(FileProblem.reason(error))", at: Place(file: file.path),
        hint: FileProblem.remedy(error)
      ).ofSystem(FileProblem.number(error))
    }
  }

  /// Makes a file that is not there; false where it is.
  func makeLease(_ id: JobID, _ number: Int, _ record: LeaseRecord) throws(Diagnostic) -> Bool {
    let file = lease(id, number)
    do {
      try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
      try makeWhole(file, record)
      return true
    } catch {
      // A full disk is no other owner.
      if (error as? CocoaError)?.code == .fileWriteFileExists || FileProblem.number(error) == EEXIST {
        return false
      }
      throw Diagnostic(
        "cannot write the file: \(FileProblem.reason(error))", at: Place(file: root.path),
        hint: FileProblem.remedy(error)
      ).ofSystem(FileProblem.number(error))
    }
  }

  /// Makes the file with its content in one step, so that a process that is killed leaves no empty one, of which nobody could
  /// say whether its owner lives.
  private func makeWhole(_ file: URL, _ record: LeaseRecord) throws {
    let draft = root.appendingPathComponent(JobStore.draftPrefix + record.token)
    do {
      try record.content.write(to: draft)
      defer { try? FileManager.default.removeItem(at: draft) }
      try FileManager.default.linkItem(at: draft, to: file)
    } catch {
      if FileManager.default.fileExists(atPath: file.path) { throw CocoaError(.fileWriteFileExists) }
      // A file system without links, or a sweep that took the draft for one of a crash.
      try record.content.write(to: file, options: .withoutOverwriting)
    }
  }

  /// What the names of leases begin with before they are one.
  static let draftPrefix = ".lease-draft-"

  /// Writes over a lease in place, through a fresh open; a file that has become another one's stays.
  ///
  /// - Returns: Whether it was written.
  @discardableResult
  func writeLease(_ id: JobID, _ number: Int, _ record: LeaseRecord) -> Bool {
    do {
      let file = try FileHandle(forUpdating: lease(id, number))
      defer { try? file.close() }
      let present = try file.readToEnd().flatMap { LeaseRecord($0) }
      guard present?.token == record.token else { return false }
      try file.seek(toOffset: 0)
      try file.write(contentsOf: record.content)
      try file.synchronize()
      return true
    } catch {
      return false
    }
  }

  /// Removes the leases of a job that is done, the last one first: what a crash leaves of them begins at 1.
  ///
  /// - Parameter number: One that was there.
  func removeLeases(_ id: JobID, _ number: Int) {
    var last = number
    // Behind it may stand those of others, which came too late.
    while FileManager.default.fileExists(atPath: lease(id, last + 1).path) { last += 1 }
    removeLeases(id, Array(1...max(1, last)))
  }

  /// Removes some leases of a job that is done.
  private func removeLeases(_ id: JobID, _ numbers: [Int]) {
    for number in numbers.sorted(by: >) { try? FileManager.default.removeItem(at: lease(id, number)) }
  }

  /// Removes what stands in the store's folder of leases of jobs that are done, but for those under which damage is mended:
  /// by their names, so that those behind a gap go too.
  func sweepLeases() {
    for (id, numbers) in leases() where isWhole(id) {
      do throws(Diagnostic) {
        if try owner(of: id)?.mends == true { continue }
      } catch { continue }
      removeLeases(id, numbers)
    }
    // Whoever is just at one writes without it.
    for name in names() where name.hasPrefix(JobStore.draftPrefix) {
      try? FileManager.default.removeItem(at: root.appendingPathComponent(name))
    }
  }

  /// The jobs that somebody is at, as far as can be seen at once: where a machine has died, its leases are still there.
  public func holders() -> [JobID: ProcessIdentity] {
    var holders: [JobID: ProcessIdentity] = [:]
    for id in leasedJobs() where !isWhole(id) {
      if let holder = (try? owner(of: id))?.holder { holders[id] = holder }
    }
    return holders
  }

  /// The jobs with leases, finished ones among them.
  func leasedJobs() -> Set<JobID> { Set(leases().keys) }

  /// The numbers of the leases that there are, by one look at the store's folder.
  private func leases() -> [JobID: [Int]] {
    var leases: [JobID: [Int]] = [:]
    for name in names() {
      guard name.hasPrefix("lease-"), let end = name.lastIndex(of: "."),
        let id = JobID(hex: name[..<end].dropFirst("lease-".count)),
        let number = Int(name[name.index(after: end)...])
      else { continue }
      leases[id, default: []].append(number)
    }
    return leases
  }

  /// Who holds the lease of a job; nil where nobody does, or one that is known to have ended.
  ///
  /// - Throws: a `Diagnostic` where that cannot be found out.
  func owner(of id: JobID) throws(Diagnostic) -> LeaseRecord? {
    guard let record = try leaseChain(id).last?.record, !record.isReleased, !record.holder.isGone else {
      return nil
    }
    return record
  }

  /// Whether another attempt than that of a token owns a job, or may own it.
  func isTaken(_ id: JobID, fromHolderOf token: String) -> Bool {
    do throws(Diagnostic) {
      guard let last = try leaseChain(id).last else { return false }
      return last.record?.token != token
    } catch {
      // What cannot be read now says nothing against the one who had it.
      return false
    }
  }

  private func lease(_ id: JobID, _ number: Int) -> URL {
    root.appendingPathComponent("lease-\(id.hex).\(number)")
  }
}
