internal import Specs

/// Jobs without repeats, each after its inputs.
final class JobGraph {
  private(set) var jobs: [PlannedJob] = []
  private var known: Set<JobID> = []

  /// Adds a job unless an equal one is there, and returns its identity.
  ///
  /// The inputs must have been added before: a mistake of ours traps.
  func add(
    _ spec: JobSpec, label: @autoclosure () -> String, work: @autoclosure () -> JobWork
  ) -> JobID {
    let id = spec.id()
    if known.insert(id).inserted {
      precondition(spec.inputs.allSatisfy(known.contains), "job \(id) planned before its inputs")
      jobs.append(PlannedJob(id: id, spec: spec, label: label(), work: work()))
    }
    return id
  }
}
