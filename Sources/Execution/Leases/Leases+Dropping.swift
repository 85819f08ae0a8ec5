public import Basics
public import Experiment
internal import Foundation
internal import Machine
internal import Specs

extension Leases {
  /// Removes what crashes left in the store: attempts that no owner stands behind, leases of finished jobs, and the rest of what
  /// was being dropped.
  public func sweep() {
    store.sweep()
    for id in store.leasedJobs() where store.isDropped(id) {
      // Who is at it, or cannot be asked, is left alone.
      guard let owner = try? takeUnowned(id), owner else { continue }
      if store.isDropped(id) { try? store.drop(id) }
      finish(id)
    }
  }

  /// Whether a job that nobody is known to be at was got.
  private func takeUnowned(_ id: JobID) throws(Diagnostic) -> Bool {
    guard try store.owner(of: id) == nil, case .taken = try takeToMend(id) else { return false }
    return true
  }

  /// Drops the adapters and predictions of the points of grids that were not chosen, once they are scored by every metric that
  /// their targets can be measured by.
  ///
  /// Each goes under its own lease, and what others name, are at or read at this moment stays.
  ///
  /// - Parameter names: This run's, which has ended.
  /// - Returns: How many jobs have lost their files, and the first reason why one that could go stays.
  public func dropPassedOver(_ plan: Plan, _ names: NamedJobs) -> (count: Int, problem: Diagnostic?) {
    let droppable = plan.droppable
    if droppable.isEmpty { return (0, nil) }
    let finished = store.finished()
    let leased = store.leasedJobs()
    // What another run is at right now is left to it, and what that reads too.
    var kept = leased.union(names.others())
    for job in plan.jobs where leased.contains(job.id) { kept.formUnion(job.spec.inputs) }
    let scorer = Scorer(store: store, plan: plan, keeps: true)
    var (count, problem) = (0, Diagnostic?.none)
    for model in plan.models where plan.passedOver.contains(model.model) {
      // A seed that is not scored is still to be made, and chosen by.
      guard model.evaluations.allSatisfy({ finished.contains($0.job) && scorer.missing($0).isEmpty }) else {
        continue
      }
      let jobs = (model.evaluations.map(\.job) + [model.job].compactMap(\.self)).filter {
        droppable.contains($0) && finished.contains($0) && !kept.contains($0) && !store.isDropped($0)
      }
      do throws(Diagnostic) {
        for evaluation in model.evaluations where jobs.contains(evaluation.job) {
          do { try scorer.keepAll(evaluation) } catch {
            throw error as? Diagnostic ?? Diagnostic("\(error)")
          }
        }
        for id in jobs {
          if try drop(id, unless: { names.others().contains(id) }) { count += 1 }
        }
      } catch {
        problem = problem ?? error
      }
    }
    return (count, problem)
  }

  /// Removes what a finished job left, but for its result, its costs and its scores.
  ///
  /// - Parameter isNamed: Whether somebody wants it after all; asked once the job is this process's.
  /// - Returns: Whether it was dropped now: not where somebody is at it.
  func drop(_ id: JobID, unless isNamed: () -> Bool) throws(Diagnostic) -> Bool {
    guard case .taken = try takeToMend(id) else { return false }
    defer { finish(id) }
    guard store.isWhole(id), !isNamed() else { return false }
    do { try store.drop(id) } catch {
      throw FileProblem.explained(error, attempt: nil, store: store.root) as? Diagnostic
        ?? Diagnostic("\(error)")
    }
    return true
  }
}
