public import Basics
public import Experiment
internal import Foundation
package import Machine
internal import Specs

/// The jobs that experiments name, `.store/.named/<experiment>-<settings>`: what one of them names no other one may drop.
///
/// A run writes its own before it looks at what is done, behind whose name stands that of the process,
/// `…@1f00ab-4711-88123`, and puts at its end what its tables rest on in place of it. So the first run of another experiment,
/// one that was killed and one that waits protect their jobs from the beginning. What a run that was killed named is given up
/// where its experiment runs again with the same settings. Nobody may remove these files while runs last; what is lost costs
/// work, and no result.
public final class NamedJobs: Sendable {
  private let store: JobStore
  private let key: String
  private let process: String
  /// What the others name, and the files that were read for it.
  private let read = Lock<(files: [String: String], jobs: Set<JobID>)>((files: [:], jobs: []))

  /// Names nothing yet.
  ///
  /// - Parameter settings: Those of the command line: an experiment with others is another one.
  public convenience init(_ store: JobStore, experiment: String, settings: [String]) {
    self.init(store, experiment: experiment, settings: settings, process: .current)
  }

  /// The same for tests.
  package init(_ store: JobStore, experiment: String, settings: [String], process: ProcessIdentity) {
    self.store = store
    let hash = StableHash.hex(Data(settings.joined(separator: "\n").utf8)).prefix(8)
    key = "\(experiment)-\(hash)"
    self.process = process.fileName
  }

  private var folder: URL { store.root.appendingPathComponent(".named") }
  private var own: String { "\(key)@\(process)" }

  /// Names the jobs of a plan for as long as the run lasts.
  ///
  /// - Throws: a `Diagnostic` where the store cannot be written.
  public func begin(_ plan: Plan) throws(Diagnostic) {
    try write(plan.jobs.map(\.id), to: own)
    for name in names() where name.hasPrefix(key + "@") && name != own {
      // A run of this machine that ended without a word: this one does its work.
      guard ProcessIdentity.isGone(fileName: name.dropFirst(key.count + 1)) else { continue }
      try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
    }
  }

  /// Names what the tables of a plan rest on, from now on.
  ///
  /// - Throws: a `Diagnostic` where the store cannot be written.
  public func end(_ plan: Plan) throws(Diagnostic) {
    let droppable = plan.droppable
    try write(plan.jobs.map(\.id).filter { !droppable.contains($0) }, to: key)
    try? FileManager.default.removeItem(at: folder.appendingPathComponent(own))
  }

  /// The jobs that others name at this moment; files that did not change are not read again.
  func others() -> Set<JobID> {
    read.withLock { read in
      var files: [String: String] = [:]
      for name in names() where name != own && name != key {
        files[name] = (try? FileHashes.key(folder.appendingPathComponent(name).path)) ?? ""
      }
      if files == read.files { return read.jobs }
      var jobs: Set<JobID> = []
      for name in files.keys {
        guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)) else { continue }
        for line in data.split(separator: UInt8(ascii: "\n")) {
          if let id = JobID(hex: String(decoding: line, as: UTF8.self)) { jobs.insert(id) }
        }
      }
      read = (files, jobs)
      return jobs
    }
  }

  private func names() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    // What is being written has another name until it is whole.
    return names.filter { !$0.hasPrefix(".") }
  }

  private func write(_ jobs: [JobID], to name: String) throws(Diagnostic) {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let text = jobs.map { $0.hex + "\n" }.joined()
      try Data(text.utf8).write(to: folder.appendingPathComponent(name), options: .atomic)
    } catch {
      throw Diagnostic(
        "cannot write the file: \(FileProblem.reason(error))", at: Place(file: folder.path),
        hint: FileProblem.remedy(error)
      ).ofSystem(FileProblem.number(error))
    }
  }
}

extension Plan {
  /// The merges and evaluations of points of grids that were not chosen, and that nothing else of the plan reads or shows.
  var droppable: Set<JobID> {
    let passed = models.filter { passedOver.contains($0.model) }
    if passed.isEmpty { return [] }
    var named: Set<JobID> = []
    for model in models where !passedOver.contains(model.model) {
      if let job = model.job { named.insert(job) }
      named.formUnion(model.evaluations.map(\.job))
    }
    var merges: Set<JobID> = []
    for job in jobs {
      if case .merge = job.spec { merges.insert(job.id) }
      if case .predict = job.spec { continue }
      named.formUnion(job.spec.inputs)
    }
    let made = passed.flatMap {
      $0.evaluations.map(\.job) + [$0.job].compactMap(\.self).filter(merges.contains)
    }
    return Set(made).subtracting(named)
  }
}
