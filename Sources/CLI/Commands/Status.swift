import ArgumentParser
import Basics
import Execution
import Experiment
import Specs
import Terminal

/// Says how far a manifest is.
struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what is done, running, failed and waiting.")

  @OptionGroup var arguments: ManifestArguments

  func run() throws {
    let loaded = try arguments.load(runsJobs: false)
    loaded.tellPlace()
    let plan = try loaded.plan()
    let holders = loaded.store.holders()
    let progress = loaded.store.progress(of: plan)
    for kind in JobSpec.kinds {
      let jobs = plan.jobs.filter { $0.spec.kind == kind }
      if jobs.isEmpty { continue }
      let open = jobs.filter { progress.isOpen($0.id) }
      let done = jobs.count - open.count
      let active = open.filter { holders[$0.id] != nil }.count
      let failed = open.filter { holders[$0.id] == nil && loaded.store.failure($0.id) != nil }.count
      Console.print(
        "\(kind): \(done) done, \(active) running, \(failed) failed, \(jobs.count - done - active - failed) waiting"
      )
    }
    tellWhoDidWhat(plan.jobs.filter { !progress.isOpen($0.id) }, loaded.store)
    for job in plan.jobs where progress.isOpen(job.id) {
      if let holder = holders[job.id] {
        Console.print("running: \(job.label), taken by \(holder)")
        continue
      }
      if let failure = loaded.store.failure(job.id) {
        Console.print(UserPath.shown(inText: "failed: \(job.label)\n  \(failure)"))
      }
    }
  }

  /// Where several runs shared the work: how many jobs each did.
  private func tellWhoDidWhat(_ jobs: [PlannedJob], _ store: JobStore) {
    let runs = Dictionary(grouping: jobs.compactMap { store.cost($0.id)?.run }) { $0 }
    guard runs.count > 1 else { return }
    for (run, jobs) in runs.sorted(by: { $0.key < $1.key }) {
      Console.print("\(counted(jobs.count, "job")) done by \(run)")
    }
  }
}
