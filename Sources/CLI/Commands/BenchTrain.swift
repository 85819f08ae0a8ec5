import ArgumentParser
import Basics
import Execution
import Experiment
import Foundation
import LinearAlgebra
import Models
import Specs
import Tasks
import Tokenizers
import Training

/// `mixology bench train`: rows a second of LoRA fine-tuning, every worker on the same rows.
struct BenchTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "LoRA fine-tuning throughput on a dataset, beside the GEMM peak of the same run.")

  @Option(help: "The base: a folder or a name in the cache.")
  var base = "all-MiniLM-L6-v2"

  @Option(help: "A JSONL file of rows with text and label.")
  var data: String

  @Option(help: "Rows; the file is repeated where it has fewer.")
  var rows = 1500

  @Option(help: "Rows of a batch.")
  var batch = 32

  @Option(help: "LoRA rank.")
  var rank = 8

  @Option(help: "LoRA targets, separated by commas.")
  var targets = "query,value"

  @Option(help: "Trainings at once; each trains on all rows.")
  var workers = MachineFacts.cores

  @Option(help: "Threads of each training.")
  var threads = 1

  @Option(name: .customLong("max-length"), help: "Longer inputs are cut to so many tokens.")
  var maxLength = 128

  private struct Line: Encodable {
    let bench = "train"
    let rowsPerS: Double
    let tokensPerS: Double
    let gflops: Double
    let peakGflops: Double
    let fractionOfGemmPeak: Double
    let peakRssMb: Double
    let seconds: Double
    let lastLoss: Double
    let rows: Int
    let batch: Int
    let rank: Int
    let targets: String
    let workers: Int
    let threads: Int
    let kernel: String
    let machine: String
  }

  func run() throws {
    Bench.useBestKernel()
    BLASRuntime.threads = 1
    let peak = GEMMPeak.measure(workers: workers * threads)
    let environment = ProcessInfo.processInfo.environment
    let folder = FileManager.default.currentDirectoryPath
    let model = try BaseFolder.open(
      try DiskResources.locate(base, relativeTo: folder, environment: environment))
    let task = try loadTask()
    let examples = try loadRows(task, model)
    let job = TrainJob(
      base: .folder(sha256: ""), tasks: [task], sampling: SamplingSpec(), budget: .passes(1),
      adapter: AdapterSpec(
        rank: rank, alpha: Double(2 * rank), targets: targets.split(separator: ",").map(String.init)),
      training: TrainingSpec(clip: 0, batchRows: batch, maxTokens: maxLength), seed: 0)
    let tasks = [TrainingTask(task: task, train: examples, validation: [])]
    // Warm caches and workspaces as every measurement does, on a tenth of the rows.
    let warm = [
      TrainingTask(task: task, train: Array(examples.prefix(max(batch, rows / 10))), validation: [])
    ]
    _ = try Trainer(base: model, tasks: warm, job: job).run()

    let outcome = Outcomes(count: workers)
    let seconds = timed(threads: workers) { worker in
      outcome.record(worker) {
        try Trainer(
          base: model, tasks: tasks, job: job, workspaces: (0..<threads).map { _ in Workspace() }
        ).run().result
      }
    }
    let results = try outcome.results()
    let tokens = results.reduce(0) { $0 + $1.tokens }
    let flops = try arithmetic(model.weights.shape, examples, passes: workers)
    let gflops = flops / seconds / 1e9
    try printLine(
      Line(
        rowsPerS: Double(results.reduce(0) { $0 + $1.examples }) / seconds,
        tokensPerS: Double(tokens) / seconds,
        gflops: gflops, peakGflops: peak, fractionOfGemmPeak: gflops / peak,
        peakRssMb: MachineFacts.peakResidentMegabytes, seconds: seconds, lastLoss: results[0].finalLoss,
        rows: examples.count, batch: batch, rank: rank, targets: targets, workers: workers, threads: threads,
        kernel: BLASRuntime.kernel, machine: MachineFacts.description))
  }

  /// FLOPs that the training needs: 2 a weight and token forward, 2 backward by the input (not below the lowest
  /// adapted layer), attention 4·L·C forward and 8·L·C backward a token, and 6·r·(in + out) an adapted layer.
  private func arithmetic(_ shape: EncoderShape, _ examples: [TokenizedExample], passes: Int) throws -> Double
  {
    let sites = try shape.sites(targets: targets.split(separator: ",").map(String.init))
    let lowest = sites.map(\.layer).min() ?? 0
    let C = Double(shape.hidden)
    let F = Double(shape.intermediate)
    let block = 4 * C * C + 2 * C * F
    let weights = 2 * block * Double(shape.layers) + 2 * block * Double(shape.layers - lowest) - 2 * 3 * C * C
    let adapters = sites.reduce(0.0) { sum, site in
      let size = shape.weightShape(site.role)
      return sum + 6 * Double(rank) * Double(size.in + size.out)
    }
    var flops = 0.0
    for example in examples {
      let L = Double(example.ids.count)
      let attention = 4 * L * C * Double(shape.layers) + 8 * L * C * Double(shape.layers - lowest)
      flops += L * (weights + adapters + attention)
    }
    return flops * Double(passes)
  }

  private func loadTask() throws -> TaskSpec {
    struct Row: Decodable { let label: String }
    let text = try String(contentsOfFile: data, encoding: .utf8)
    let labels = try text.split(separator: "\n").map { line in
      try JSONDecoder().decode(Row.self, from: Data(line.utf8)).label
    }
    return TaskSpec(
      name: "bench", kind: .classification,
      source: .files(["train": DataFile(sha256: "data", format: "jsonl")]),
      labels: Set(labels).sorted().map { LabelSpec(name: $0, description: $0) }, metrics: ["accuracy"],
      head: .linear)
  }

  private func loadRows(_ task: TaskSpec, _ model: BaseModel) throws -> [TokenizedExample] {
    let examples = try TaskLoader.load(task, split: .train) { _ in data }
    return (0..<rows).map {
      TokenizedExample(
        examples[$0 % examples.count], tokenizer: model.tokenizer, maxTokens: model.maxTokens(maxLength))
    }
  }
}

/// Results of threads, collected under a lock.
private final class Outcomes: @unchecked Sendable {
  private let lock = NSLock()
  private var outcomes: [Result<TrainResult, any Error>?]

  init(count: Int) {
    outcomes = Array(repeating: nil, count: count)
  }

  func record(_ index: Int, _ work: () throws -> TrainResult) {
    let outcome = Result { try work() }
    lock.withLock { outcomes[index] = outcome }
  }

  func results() throws -> [TrainResult] {
    try lock.withLock { try outcomes.compactMap { try $0?.get() } }
  }
}
