internal import Basics
internal import LinearAlgebra
internal import Models
internal import Outlines
internal import Specs
internal import Training

/// One pass of LoRA fine-tuning over a workload's rows, as often as it is wanted.
struct BenchTraining: Sendable {
  let model: BaseModel
  private let task: TaskSpec
  private let examples: [TokenizedExample]
  private let job: TrainJob
  private let workers: [BenchWorker]
  private let layers: [LinearLayer]

  /// Prepares some trainings of some threads each.
  ///
  /// - Throws: a `Diagnostic` for targets that match nothing.
  init(_ workload: BenchWorkload, _ adapter: BenchAdapterOptions, workers: Int, threads: Int) throws {
    model = workload.model
    task = workload.task
    examples = workload.examples
    self.workers = (0..<workers).map { _ in BenchWorker(threads: threads) }
    layers = try model.network.outline.chosen(by: LayerTargets(adapter.targetNames))
    job = TrainJob(
      base: .folder(sha256: ""), tasks: [task], sampling: SamplingSpec(), budget: .passes(1),
      adapter: AdapterSpec(
        rank: adapter.rank, alpha: Double(2 * adapter.rank), targets: adapter.targetNames),
      training: TrainingSpec(clip: 0, batchRows: adapter.batch, maxTokens: 512), seed: 0)
  }

  /// FLOPs of one pass over all rows.
  var flops: Double {
    let texts = ModelOutline.Texts(lengths: examples.map(\.ids.count))
    let outline = model.network.outline
    return outline.forwardFLOPs(texts) + outline.backwardFLOPs(texts, lowest: layers.lowestBlock)
      + outline.factorFLOPs(.defined, tokens: texts.tokens, layers, rank: job.adapter.rank)
  }

  /// Trains once on all rows, or on others.
  func run(
    worker: Int = 0, on rows: [TokenizedExample]? = nil,
    progress: (_ share: Double, _ point: CurvePoint) throws -> Void = { _, _ in }
  ) throws {
    let tasks = [TrainingTask(task: task, train: rows ?? examples, validation: [])]
    try workers[worker].withWorkspaces {
      _ = try Trainer(base: model, tasks: tasks, job: job, workspaces: $0).run(progress: progress)
    }
  }

  /// The seconds of all trainings at once; each trains on all rows, or on others.
  func seconds(on rows: [TokenizedExample]? = nil) throws -> Double {
    try timed(threads: workers.count) { try run(worker: $0, on: rows) }
  }

  /// Trains on a tenth of the rows, so that caches are warm and memory is there as in every later repeat.
  func warmUp() throws {
    _ = try seconds(on: Array(examples.prefix(max(job.training.batchRows, examples.count / 10))))
  }
}
