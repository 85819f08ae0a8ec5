public import Experiment
public import Specs

/// What of a plan stands in a store, and what is to be done.
public struct PlanProgress: Sendable {
  /// The jobs of the plan that are finished.
  public var finished: Set<JobID>
  /// Those of them whose files were dropped.
  public var dropped: Set<JobID>
  /// Those of these that have to be made again, with what asks for it.
  public var remade: [JobID: String]

  /// Whether a job is to be done.
  public func isOpen(_ id: JobID) -> Bool { !finished.contains(id) || remade[id] != nil }
}

extension JobStore {
  /// Looks a plan up: once in the store's folder, and for finished jobs whether their files were dropped.
  ///
  /// A job whose files were dropped is made again where an open job reads them, where a metric is not known that could be
  /// computed from them, and where the predictions of a model are published.
  public func progress(of plan: Plan) -> PlanProgress {
    let all = finished()
    var progress = PlanProgress(finished: [], dropped: [], remade: [:])
    for job in plan.jobs where all.contains(job.id) {
      progress.finished.insert(job.id)
      if isDropped(job.id) { progress.dropped.insert(job.id) }
    }
    if progress.dropped.isEmpty { return progress }
    let scorer = Scorer(store: self, plan: plan, keeps: false)
    for model in plan.models {
      for evaluation in model.evaluations where progress.dropped.contains(evaluation.job) {
        if !plan.passedOver.contains(model.model) {
          progress.remade[evaluation.job] = "the predictions of \(model.model), which were dropped"
        } else if let metric = scorer.missing(evaluation).first {
          progress.remade[evaluation.job] = "'\(metric)', and the predictions were dropped"
        }
      }
    }
    for job in plan.jobs.reversed() where progress.isOpen(job.id) {
      for input in job.spec.inputs where progress.dropped.contains(input) {
        progress.remade[input] = progress.remade[input] ?? "'\(job.label)', and its files were dropped"
      }
    }
    return progress
  }

  /// Drops the adapters and predictions of the points of grids that were not chosen, once they are scored.
  ///
  /// - Parameter others: Jobs that other experiments name.
  /// - Returns: How many jobs have lost their files.
  public func dropPassedOver(_ plan: Plan, others: Set<JobID> = []) throws -> Int {
    let passed = plan.models.filter { plan.passedOver.contains($0.model) }
    if passed.isEmpty { return 0 }
    // What another run is at right now is left to it.
    var named = others.union(leasedJobs())
    for model in plan.models where !plan.passedOver.contains(model.model) {
      if let job = model.job { named.insert(job) }
      named.formUnion(model.evaluations.map(\.job))
    }
    var merges: Set<JobID> = []
    for job in plan.jobs {
      if case .merge = job.spec { merges.insert(job.id) }
      if case .predict = job.spec { continue }
      named.formUnion(job.spec.inputs)
    }
    let finished = finished()
    let scorer = Scorer(store: self, plan: plan, keeps: false)
    var count = 0
    for model in passed {
      // A seed that is not scored is still to be made, and chosen by.
      guard model.evaluations.allSatisfy({ finished.contains($0.job) && scorer.missing($0).isEmpty }) else {
        continue
      }
      let merge = model.job.flatMap { merges.contains($0) ? $0 : nil }
      for job in model.evaluations.map(\.job) + [merge].compactMap(\.self)
      where finished.contains(job) && !named.contains(job) && !isDropped(job) {
        try drop(job)
        count += 1
      }
    }
    return count
  }
}
