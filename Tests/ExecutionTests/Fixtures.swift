import Basics
import Execution
import Experiment
import Foundation
import Machine
import Results
import Specs
import Tasks
import TestSupport

extension Scratch {
  var store: JobStore { JobStore(root: url.appendingPathComponent(".store")) }
}

extension JobStore {
  /// What lies in the store's folder, sorted.
  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []).sorted()
  }

  /// Puts a result under an id, as a worker would.
  ///
  /// - Parameter token: That of the lease under which it works; nil for one that asks nobody.
  func put(
    _ id: JobID, _ result: JobResult, cost: JobCost = .some(), files: [String: String] = [:],
    under token: String? = nil
  ) throws {
    let attempt = try beginAttempt(id, "put")
    for name in files.keys.sorted() {
      try Data((files[name] ?? "").utf8).write(to: attempt.appendingPathComponent(name))
    }
    try commit(attempt, as: id, spec: try Jobs.train(0).spec, result: result, cost: cost, under: token)
  }
}

extension ProcessIdentity {
  /// A process of a machine of which nothing is known here.
  static func elsewhere(_ host: String, _ process: Int32 = 4711) -> ProcessIdentity {
    ProcessIdentity(host: host, process: process, machine: "machine of \(host)", started: "1")
  }
}

extension Leases.Answer {
  /// Whether the job was got.
  var isTaken: Bool { if case .taken = self { true } else { false } }
  /// Who it was taken from.
  var from: ProcessIdentity? { if case .taken(_, let from) = self { from } else { nil } }
}

extension JobStore {
  /// Puts predictions of four rows under an id, of which so many are right, and the data that they are of beside the store.
  func put(predictions id: JobID, right: Int) throws {
    let columns = PredictionColumns(
      rows: [1, 2, 3, 4], texts: (0..<4).map { Example(text: "row \($0)", target: .label(0)).textHash },
      predictions: (0..<4).map {
        Prediction(.label($0 < right ? 0 : 1), probabilities: $0 < right ? [0.75, 0.25] : [0.25, 0.75])
      },
      labels: 2)
    let attempt = try beginAttempt(id, "put")
    try Data(columns.bytes).write(to: attempt.appendingPathComponent("predictions.bin"))
    try commit(attempt, as: id, spec: try Jobs.train(0).spec, result: .predicted, cost: .some())
    try Data(Jobs.rows.utf8).write(to: root.appendingPathComponent("data.jsonl"))
  }

  /// Where the data of `put(predictions:)` lie.
  var data: [String: String] { [Jobs.data.sha256: root.appendingPathComponent("data.jsonl").path] }
}

extension JobCost {
  static func some(wall: Double = 2) -> JobCost {
    JobCost(
      cpuSeconds: 1, wallSeconds: wall, peakResidentMegabytes: 3, worker: "w",
      machine: MachineFacts.machineAndKernel)
  }
}

extension JobResult {
  static func trained(steps: Int = 5, task: String = "fpb") -> JobResult {
    .train(
      TrainResult(
        steps: steps, examples: 8 * steps, tokens: 100 * steps,
        drawn: [DrawnTask(task: task, examples: 8 * steps, tokens: 100 * steps, epochs: 1, repeats: 0)],
        keptStep: steps, finalLoss: 0.5, trainable: 10))
  }

  static var predicted: JobResult { .predict(PredictResult(n: 4, tokens: 40)) }
}

/// Small plans: trainings named by their seed, merges and evaluations of them.
enum Jobs {
  static let rows = (0..<4).map { "{\"text\": \"row \($0)\", \"label\": \"a\"}\n" }.joined()
  static let data = DataFile(sha256: StableHash.hex(Data(rows.utf8)), format: "jsonl")
  static let task = TaskSpec(
    name: "fpb", kind: .classification,
    source: .files(["train": data, "test": data]),
    labels: ["a", "b"].map { LabelSpec(name: $0, description: $0) }, metrics: ["accuracy"])

  static func train(_ seed: Int) throws -> PlannedJob {
    try planned(
      .train(
        TrainJob(
          base: .folder(sha256: "base"), tasks: [task], sampling: SamplingSpec(), budget: .steps(5),
          adapter: AdapterSpec(), training: TrainingSpec(), seed: seed)), "train \(seed)")
  }

  static func merge(_ inputs: [PlannedJob]) throws -> PlannedJob {
    try planned(
      .merge(
        MergeJob(
          method: "linear", parameters: [:], inputs: inputs.map(\.id), weights: inputs.map { _ in 1 }, seed: 0
        )),
      "merge of \(inputs.map(\.label).joined(separator: ", "))")
  }

  static func evaluate(_ input: PlannedJob?) throws -> PlannedJob {
    try planned(
      .predict(
        PredictJob(
          base: .folder(sha256: "base"), adapter: input?.id, task: task.predicted(.test, isTold: false),
          split: .test,
          head: nil,
          maxTokens: 128,
          labelScale: 20)), "predict \(input?.label ?? "base")")
  }

  private static func planned(_ spec: JobSpec, _ label: String) throws -> PlannedJob {
    PlannedJob(id: spec.id(), spec: spec, label: label, work: JobWork(flops: 85e9, tokens: 1000))
  }

  static func plan(_ jobs: [PlannedJob], models: [PlannedModel] = []) -> Plan {
    Plan(
      experiment: "test", title: "",
      tasks: [
        TaskColumn(
          name: "fpb", kind: .classification, metrics: [MetricColumn(name: "accuracy", higherIsBetter: true)])
      ], jobs: jobs, models: models, budget: "5 steps", locations: ["base": "/nowhere"],
      plannedTasks: [PlannedTask(spec: task, rows: ["train": 4, "test": 4])])
  }
}

/// A runner that only pretends: it notes what it was asked for and commits an empty result.
final class FakeRunner: JobRunner {
  /// What all runners of a test did, in order.
  final class Log: Sendable {
    private let lines = Lock<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  private let name: String
  private let store: JobStore
  private let log: Log
  private let failing: Set<JobID>
  /// Called while a job runs.
  private let work: @Sendable (WorkRequest) async throws -> Void

  init(
    _ name: String = "w", store: JobStore, log: Log, failing: Set<JobID> = [],
    work: @escaping @Sendable (WorkRequest) async throws -> Void = { _ in }
  ) {
    self.name = name
    self.store = store
    self.log = log
    self.failing = failing
    self.work = work
  }

  func run(
    _ request: WorkRequest, progress: @escaping @Sendable (Double, String) -> Void
  ) async throws -> JobCost {
    log.add("\(request.id)")
    for input in request.spec.inputs where !store.contains(input) { log.add("no input \(input)") }
    progress(0.5, "half")
    try await work(request)
    if failing.contains(request.id) { throw Diagnostic("cannot do it") }
    let result: JobResult =
      if case .predict = request.spec { .predicted } else { .trained() }
    try store.put(request.id, result, under: request.attempt)
    return .some()
  }

  func abandon(_ id: JobID) async { log.add("abandon \(id)") }
  func stop() async { log.add("stop \(name)") }
}
