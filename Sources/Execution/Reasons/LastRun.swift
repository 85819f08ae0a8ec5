internal import Basics
public import Experiment
internal import Foundation
public import Specs

/// What the cells of an experiment were when it last ran: `.store/.last/<experiment>`, a line for each job with the hash of
/// its label and its identity, and a line for each data file with what was in it.
///
/// `plan` says by it why a job is to be done; it may be lost at any time, and then less is said.
public struct LastRun: Sendable, Equatable {
  /// Identities by the hash of the label.
  private(set) var jobs: [UInt64: JobID] = [:]

  /// The record of an experiment that never ran.
  public init() {}

  /// Reads the record of an experiment; nil where there is none.
  public init?(of experiment: String, in store: JobStore) {
    guard let data = FileManager.default.contents(atPath: LastRun.file(experiment, store)) else { return nil }
    for line in data.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: " "))
      guard parts.count == 2, let key = UInt64(String(decoding: parts[0], as: UTF8.self), radix: 16),
        let id = JobID(hex: String(decoding: parts[1], as: UTF8.self))
      else { continue }
      jobs[key] = id
    }
  }

  /// The job that a cell was.
  func job(_ label: String) -> JobID? { jobs[StableHash.word(label)] }

  /// Notes the jobs of a plan that are finished; cells that it does not have stay.
  public mutating func note(_ plan: Plan, finished: Set<JobID>) {
    for job in plan.jobs where finished.contains(job.id) { jobs[StableHash.word(job.label)] = job.id }
  }

  /// Writes the record.
  public func write(of experiment: String, in store: JobStore) throws {
    if jobs.isEmpty { return }
    var text = ""
    for (key, id) in jobs.sorted(by: { $0.key < $1.key }) { text += "\(String(key, radix: 16)) \(id.hex)\n" }
    let file = URL(fileURLWithPath: LastRun.file(experiment, store))
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    let data = Data(text.utf8)
    if let old = try? Data(contentsOf: file), old == data { return }
    try data.write(to: file, options: .atomic)
  }

  private static func folder(_ store: JobStore) -> String { store.root.path + "/.last" }

  private static func file(_ experiment: String, _ store: JobStore) -> String {
    "\(folder(store))/\(experiment)"
  }
}
