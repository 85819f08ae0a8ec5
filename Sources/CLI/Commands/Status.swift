import ArgumentParser
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
    let loaded = try arguments.load()
    let plan = try loaded.plan()
    let running = loaded.store.runningAttempts()
    let finished = loaded.store.finished()
    for kind in JobSpec.kinds {
      let jobs = plan.jobs.filter { $0.spec.kind == kind }
      if jobs.isEmpty { continue }
      let done = jobs.filter { finished.contains($0.id) && loaded.store.isIntact($0.id) }.count
      let active = jobs.filter { running.contains($0.id) && !finished.contains($0.id) }.count
      let failed = jobs.filter { !finished.contains($0.id) && loaded.store.failure($0.id) != nil }.count
      Console.print(
        "\(kind): \(done) done, \(active) running, \(failed) failed, \(jobs.count - done - active - failed) waiting"
      )
    }
    for job in plan.jobs where !finished.contains(job.id) {
      if let failure = loaded.store.failure(job.id) { Console.print("failed: \(job.label)\n  \(failure)") }
    }
  }
}
