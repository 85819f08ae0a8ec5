public import Basics
public import Experiment
public import Specs

/// What has become of a job.
public enum JobState: Sendable, Hashable {
  /// It is not done.
  case absent
  /// It is done, and its files are there.
  case whole
  /// It is done, only what it came to was kept, and nothing asks for more.
  case dropped
  /// It is done, and its files, which were dropped, are made again for what is said.
  case remade(String)
  /// It is done, and its files are no longer what it wrote.
  case damaged(Diagnostic)

  /// Whether it is to be done.
  public var isOpen: Bool {
    switch self {
    case .absent, .remade, .damaged: true
    case .whole, .dropped: false
    }
  }
}

/// What of a plan stands in a store, and what is to be done: found once by a command, so that all it says agrees.
public struct PlanProgress: Sendable {
  /// By job; those that are not done have none.
  private var states: [JobID: JobState] = [:]

  /// Nothing is done.
  public init() {}

  fileprivate init(_ states: [JobID: JobState]) { self.states = states }

  /// What has become of a job.
  public func state(_ id: JobID) -> JobState { states[id] ?? .absent }

  /// Whether a job is to be done.
  public func isOpen(_ id: JobID) -> Bool { state(id).isOpen }

  /// The jobs of the plan that are damaged, with what is wrong.
  public func damaged(in plan: Plan) -> [(job: PlannedJob, damage: Diagnostic)] {
    plan.jobs.compactMap { job in
      guard case .damaged(let damage) = state(job.id) else { return nil }
      return (job, damage)
    }
  }
}

extension JobStore {
  /// Looks a plan up: once in the store's folder, and for finished jobs what has become of their files.
  ///
  /// A job whose files were dropped is made again where an open job reads them, where a metric is not known that could be
  /// computed from them, where the predictions of a model are published, and where another run is about to drop them or
  /// mends them. Every byte of a file is looked at where something is going to read it: a job that is open its inputs, the tables
  /// their predictions. Of other jobs the sizes are.
  ///
  /// - Parameter looksAtFiles: Whether damage is looked for.
  public func progress(of plan: Plan, looksAtFiles: Bool = true) -> PlanProgress {
    let finished = finished()
    var asked = asked(of: plan, finished)
    var states: [JobID: JobState] = [:]
    // Inputs stand before the jobs that need them.
    for job in plan.jobs.reversed() {
      if finished.contains(job.id) {
        states[job.id] = state(job, asked[job.id], looksAtFiles: looksAtFiles)
      }
      guard states[job.id]?.isOpen ?? true else { continue }
      for input in job.spec.inputs where asked[input] == nil {
        asked[input] = Asked(by: "'\(job.label)'", isWritten: true)
      }
    }
    return PlanProgress(states)
  }

  /// Why the files of a job must be there.
  private struct Asked {
    var by: String
    /// Whether they must be there as they were written, every byte.
    var isWritten = false
    /// Whether another run is at them.
    var isTaken = false
  }

  private func state(_ job: PlannedJob, _ asked: Asked?, looksAtFiles: Bool) -> JobState {
    if isDropped(job.id) { return asked.map { .remade($0.by) } ?? .dropped }
    if let asked, asked.isTaken { return .remade(asked.by) }
    guard looksAtFiles else { return .whole }
    let isRead = asked?.isWritten == true || ["guess", "predict"].contains(job.spec.kind)
    return damage(job.id, isRead ? .bytes : .sizes).map { .damaged($0) } ?? .whole
  }

  /// What the tables ask for, and what other runs are at.
  private func asked(of plan: Plan, _ finished: Set<JobID>) -> [JobID: Asked] {
    var asked: [JobID: Asked] = [:]
    for id in leasedJobs() where finished.contains(id) {
      guard let owner = try? owner(of: id), owner.mends == true else { continue }
      asked[id] = Asked(by: "whoever reads them, as \(owner.holder) is at them", isTaken: true)
    }
    let scorer = Scorer(store: self, plan: plan, keeps: false)
    for model in plan.models + plan.tried {
      for evaluation in model.evaluations where finished.contains(evaluation.job) && isDropped(evaluation.job)
      {
        if !plan.passedOver.contains(model.model) {
          asked[evaluation.job] = Asked(by: "the predictions of \(model.model)")
        } else if let metric = scorer.missing(evaluation).first {
          asked[evaluation.job] = Asked(by: "'\(metric)'")
        }
      }
    }
    return asked
  }

  /// The finished jobs of a plan whose files are no longer what they were, with what is wrong.
  public func damaged(in plan: Plan) -> [(job: PlannedJob, damage: Diagnostic)] {
    progress(of: plan).damaged(in: plan)
  }
}
