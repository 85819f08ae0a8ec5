import Basics
import LinearAlgebra
import Models
import Specs
import Training

/// One pass of LoRA fine-tuning over a workload's rows, as often as it is wanted.
struct BenchTraining: Sendable {
  let model: BaseModel
  private let task: TaskSpec
  private let examples: [TokenizedExample]
  private let job: TrainJob
  private let threads: Int
  let sites: [LinearSite]

  /// Prepares trainings of `threads` threads each.
  ///
  /// - Throws: a `Diagnostic` for targets that match nothing.
  init(_ workload: BenchWorkload, _ adapter: BenchAdapterOptions, threads: Int) throws {
    model = workload.model
    task = workload.task
    examples = workload.examples
    self.threads = threads
    sites = try model.weights.shape.sites(targets: adapter.targetNames)
    job = TrainJob(
      base: .folder(sha256: ""), tasks: [task], sampling: SamplingSpec(), budget: .passes(1),
      adapter: AdapterSpec(
        rank: adapter.rank, alpha: Double(2 * adapter.rank), targets: adapter.targetNames),
      training: TrainingSpec(clip: 0, batchRows: adapter.batch, maxTokens: 512), seed: 0)
  }

  /// FLOPs of one pass over all rows.
  var flops: Double {
    BenchArithmetic(shape: model.weights.shape).training(
      lengths: examples.map(\.ids.count), sites: sites, rank: job.adapter.rank)
  }

  /// Trains once on all rows, or on others.
  func run(
    on rows: [TokenizedExample]? = nil,
    progress: (_ share: Double, _ point: CurvePoint) throws -> Void = { _, _ in }
  ) throws -> TrainedAdapter {
    let tasks = [TrainingTask(task: task, train: rows ?? examples, validation: [])]
    return try Trainer(base: model, tasks: tasks, job: job).run(progress: progress)
  }

  /// The seconds of some trainings at once; each trains on all rows, or on others.
  func seconds(workers: Int, on rows: [TokenizedExample]? = nil) throws -> Double {
    BLASRuntime.threads = threads
    return try timed(threads: workers) { _ in _ = try run(on: rows) }
  }

  /// Trains on a tenth of the rows, so that caches are warm and memory is there as in every later repeat.
  func warmUp() throws {
    BLASRuntime.threads = threads
    _ = try run(on: Array(examples.prefix(max(job.training.batchRows, examples.count / 10))))
  }
}
