internal import Basics
internal import Foundation
public import Machine
public import Specs

/// The files of leases, `lease-<job>.<n>`: the owner of an attempt at a job stands in that with the largest n.
///
/// A lease is taken by making the next file, which the file system lets one do: `O_EXCL` on local disks, and on NFS from
/// version 3 on, whose servers know an exclusive create again that is sent twice. Files are made in the folder in which
/// results appear, so that whoever made one has seen that folder as it was then, whatever a client of NFS remembered. None
/// is removed, or made anew, before the job is done: two that take over the same lease want the same name.
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

  func leaseChain(_ id: JobID) -> LeaseChain {
    var chain = LeaseChain()
    while let content = try? Data(contentsOf: lease(id, chain.records.count + 1)) {
      chain.records.append((content, LeaseRecord(content)))
    }
    return chain
  }

  /// Makes a file that is not there; false where it is.
  func makeLease(_ id: JobID, _ number: Int, _ record: LeaseRecord) throws(Diagnostic) -> Bool {
    let file = lease(id, number)
    do {
      try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
      try record.content.write(to: file, options: .withoutOverwriting)
      return true
    } catch {
      // A full disk is no other owner.
      if (error as? CocoaError)?.code == .fileWriteFileExists || FileProblem.number(error) == EEXIST {
        return false
      }
      throw Diagnostic(
        "cannot write the file: \(FileProblem.reason(error))", at: Place(file: root.path),
        hint: FileProblem.remedy(error))
    }
  }

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

  /// Removes the leases of a finished job, the last one first: what a crash leaves of them begins at 1.
  func removeLeases(_ id: JobID) {
    for number in leaseChain(id).records.indices.reversed() {
      try? FileManager.default.removeItem(at: lease(id, number + 1))
    }
  }

  /// The jobs that somebody is at, as far as can be seen at once: where a machine has died, its leases are still there.
  public func holders() -> [JobID: ProcessIdentity] {
    var holders: [JobID: ProcessIdentity] = [:]
    for id in leasedJobs() where !isWhole(id) {
      if let holder = owner(of: id)?.holder { holders[id] = holder }
    }
    return holders
  }

  /// The jobs with leases, finished ones among them.
  func leasedJobs() -> Set<JobID> {
    Set(
      names().compactMap { name in
        guard name.hasPrefix("lease-"), let end = name.lastIndex(of: ".") else { return nil }
        return JobID(hex: name[..<end].dropFirst("lease-".count))
      })
  }

  /// Who holds the lease of a job; nil where nobody does, or one that is known to have ended.
  func owner(of id: JobID) -> LeaseRecord? {
    guard let record = leaseChain(id).last?.record, !record.isReleased, !record.holder.isGone else {
      return nil
    }
    return record
  }

  private func lease(_ id: JobID, _ number: Int) -> URL {
    root.appendingPathComponent("lease-\(id.hex).\(number)")
  }
}
