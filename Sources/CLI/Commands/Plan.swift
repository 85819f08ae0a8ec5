import ArgumentParser
import Basics
import Execution
import Experiment
import Foundation
import Specs
import Terminal

/// Says what a manifest comes to.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Shows the jobs, what is done already, and what the rest will cost.")

  @OptionGroup var arguments: ManifestArguments
  @OptionGroup var workerArguments: WorkerArguments

  @Flag(help: "One JSON object.")
  var json = false

  private struct JobLine: Encodable {
    let id: String
    let kind: String
    let label: String
    let cached: Bool
    let reason: String
    let predictedSeconds: Double?
  }

  private struct NoteLine: Encodable {
    let note: String
    let file: String?
    let line: Int?
    let column: Int?
    let hint: String?
    let spoilsResults: Bool

    init(_ note: PlanNote) {
      self.note = note.what
      file = note.place?.file
      line = note.place?.line
      column = note.place?.column
      hint = note.hint
      spoilsResults = note.spoilsResults
    }
  }

  private struct Answer: Encodable {
    let experiment: String
    let notes: [NoteLine]
    let models: Int
    let jobs: [JobLine]
    let cached: Int
    let predictedSeconds: Double
    let workers: Int
    let megabytesPerWorker: Int
    let diskMegabytes: Int
  }

  func run() throws {
    try BestKernel.use(threads: workerArguments.count * workerArguments.threads)
    let loaded = try arguments.load()
    let plan = try loaded.planWithStandIns()
    Console.notes(of: plan)
    if let note = loaded.store.earlierFormats() { Console.note("\(note)") }
    let count = workerArguments.count
    let clock = WorkClock.measured(
      plan, loaded.store, workers: count, threads: workerArguments.threads)
    let finished = loaded.store.finished()
    var cached: Set<JobID> = []
    for job in plan.jobs where finished.contains(job.id) && loaded.store.damage(job.id) == nil {
      cached.insert(job.id)
    }
    let seconds = Makespan.seconds(
      of: plan, workers: count, start: WorkClock.start, isFinished: cached.contains, seconds: clock.seconds)
    let open = plan.jobs.filter { !cached.contains($0.id) }
    let memory = Int(((open.lazy.map(\.work.memory).max() ?? 0) / 1e6).rounded(.up))
    let disk = Int((open.reduce(0) { $0 + $1.work.disk } / 1e6).rounded(.up))
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      let lines = plan.jobs.map { job in
        let isCached = cached.contains(job.id)
        return JobLine(
          id: job.id.hex, kind: job.spec.kind, label: job.label, cached: isCached,
          reason: reason(job, loaded.store, finished), predictedSeconds: isCached ? nil : clock.seconds(job))
      }
      let answer = Answer(
        experiment: plan.experiment, notes: plan.notes.map(NoteLine.init), models: plan.models.count,
        jobs: lines, cached: plan.jobs.count - open.count, predictedSeconds: seconds, workers: count,
        megabytesPerWorker: memory, diskMegabytes: disk)
      Console.print(String(decoding: try encoder.encode(answer), as: UTF8.self))
      return
    }
    for kind in JobSpec.kinds {
      let all = plan.jobs.count { $0.spec.kind == kind }
      if all == 0 { continue }
      let rest = open.filter { $0.spec.kind == kind }
      let cost = spoken(seconds: rest.reduce(0) { $0 + clock.seconds($1) })
      Console.print(
        "\(kind): \(counted(all, "job")), \(all - rest.count) done, \(rest.count) to run, about \(cost) of work"
      )
    }
    for job in open.prefix(12) { Console.print("  \(job.label): \(reason(job, loaded.store, finished))") }
    if open.isEmpty {
      Console.print("\(counted(plan.models.count, "model")); nothing to run")
      return
    }
    if open.count > 12 { Console.print("  … and \(open.count - 12) more (--json lists all)") }
    Console.print(
      "\(counted(plan.models.count, "model")); about \(spoken(seconds: seconds)) on \(counted(count, "worker")) (\(clock.basis)), "
        + "\(grouped(memory)) MB of memory a worker, \(grouped(disk)) MB of disk")
  }

  private func reason(_ job: PlannedJob, _ store: JobStore, _ finished: Set<JobID>) -> String {
    if finished.contains(job.id) { return store.damage(job.id)?.what ?? "done" }
    if let failure = store.failure(job.id) { return "failed last time: \(failure.what)" }
    let missing = job.spec.inputs.filter { !finished.contains($0) }
    return missing.isEmpty ? "not in the store" : "needs \(counted(missing.count, "job")) not in the store"
  }
}
