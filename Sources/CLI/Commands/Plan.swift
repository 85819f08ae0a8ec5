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
    /// In words.
    let reason: String
    /// The same for programs.
    let reasons: [ReasonLine]
    let predictedSeconds: Double?
  }

  private struct ReasonLine: Encodable {
    let kind: String
    var setting: String?
    var from: String?
    var to: String?
    var file: String?
    var line: Int?
    var detail: String?

    init(_ reason: Reason) {
      kind = reason.kind
      switch reason {
      case .setting(let name, let from, let to): (setting, self.from, self.to) = (name, from, to)
      case .file(let path, let line): (file, self.line) = (path, line)
      case .damaged(let what), .dropped(let what), .failed(let what): detail = what
      case .new, .input, .gone, .choice, .unknown: break
      }
    }
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
    loaded.tellPlace()
    let (plan, waiting) = try loaded.planWithStandIns()
    Console.notes(of: plan)
    if let note = loaded.store.earlierFormats() { Console.note("\(note)") }
    let count = workerArguments.count
    let progress = loaded.store.progress(of: plan)
    let clock = WorkClock.measured(
      plan, loaded.store, progress, workers: count, threads: workerArguments.threads)
    let cached = Set(plan.jobs.map(\.id).filter { !progress.isOpen($0) })
    let seconds = Makespan.seconds(
      of: plan, workers: count, start: WorkClock.start, isFinished: cached.contains, seconds: clock.seconds)
    let open = plan.jobs.filter { !cached.contains($0.id) }
    let reasons = Reasons(plan, loaded.store, progress, waiting: waiting)
    let memory = Int(((open.lazy.map(\.work.memory).max() ?? 0) / 1e6).rounded(.up))
    let disk = Int((open.reduce(0) { $0 + $1.work.disk } / 1e6).rounded(.up))
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      let lines = plan.jobs.map { job in
        let isCached = cached.contains(job.id)
        let why = isCached ? [] : reasons.reasons(job)
        return JobLine(
          id: job.id.hex, kind: job.spec.kind, label: job.label, cached: isCached,
          reason: isCached ? "done" : why.map(\.words).joined(separator: "; "),
          reasons: why.map(ReasonLine.init),
          predictedSeconds: isCached ? nil : clock.seconds(job))
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
    if open.isEmpty {
      Console.print("\(plan.modelWords); nothing to run")
      return
    }
    for line in PlanReasons.lines(open, reasons) { Console.print("  " + line) }
    Console.print(
      "\(plan.modelWords); about \(spoken(seconds: seconds)) on \(counted(count, "worker")) (\(clock.basis)), "
        + "\(grouped(memory)) MB of memory a worker, \(grouped(disk)) MB of disk")
  }
}

/// The reasons of open jobs, those with the same ones together.
private enum PlanReasons {
  /// The most lines; `--json` has the rest.
  private static let most = 12

  private struct Group {
    var first: String
    /// By kind of job.
    var counts: [String: Int] = [:]
    var count: Int { counts.values.reduce(0, +) }
  }

  /// `training.learning_rate from 0.001 to 0.002: 4 train, 1 merge (train single:news seed 0, …)`.
  static func lines(_ open: [PlannedJob], _ reasons: Reasons) -> [String] {
    var groups: [String: Group] = [:]
    var order: [String] = []
    for job in open {
      let words = reasons.reasons(job).map(\.words).joined(separator: "; ")
      if groups[words] == nil {
        order.append(words)
        groups[words] = Group(first: job.label)
      }
      groups[words]?.counts[job.spec.kind, default: 0] += 1
    }
    let lines = order.prefix(most).compactMap { words -> String? in
      guard let group = groups[words] else { return nil }
      let counts = JobSpec.kinds.compactMap { kind in group.counts[kind].map { "\(grouped($0)) \(kind)" } }
      return "\(words): \(counts.joined(separator: ", ")) (\(group.first)\(group.count > 1 ? ", …" : ""))"
    }
    return lines + (order.count > most ? ["… and \(order.count - most) more reasons (--json lists all)"] : [])
  }
}
