internal import Basics
internal import LinearAlgebra
internal import Models
internal import Outlines
internal import Specs
internal import Training

/// One pass without gradients over a workload's rows, an adapter folded into the weights.
struct BenchEvaluation: Sendable {
  private let evaluator: Evaluator
  private let head: TaskHead
  private let examples: [TokenizedExample]
  private let outline: ModelOutline
  private let workers: [BenchWorker]

  /// Folds random factors of rank 8 into queries and values: which layers are folded makes no difference afterwards.
  init(_ workload: BenchWorkload, workers: Int, threads: Int) throws {
    let base = workload.model.network
    let layers = try base.outline.chosen(by: LayerTargets(base.outline.usualTargets))
    let stream = RandomStream(seed: 0, "bench", "evaluate")
    let adapter = BenchAdapter.random(layers, rank: 8, stream: stream)
    evaluator = Evaluator(network: try base.folding(adapter), pooling: workload.model.pooling)
    head = BenchEvaluation.head(workload)
    examples = workload.examples
    outline = base.outline
    self.workers = (0..<workers).map { _ in BenchWorker(threads: threads) }
  }

  /// A linear head of random weights for a workload's task, or the base's own words.
  static func head(_ workload: BenchWorkload) -> TaskHead {
    if workload.task.head == .answers {
      return TaskHead(task: workload.task, head: workload.model.answerHead)
    }
    let outputs = TaskHead.outputs(workload.task)
    let channels = workload.model.network.outline.width
    return TaskHead(
      task: workload.task,
      head: .linear(
        outputs: outputs, channels: channels, over: Matrix(rows: 1, columns: outputs * (channels + 1)),
        stream: RandomStream(seed: 0, "bench", "head")))
  }

  /// FLOPs of one pass over all rows.
  var flops: Double { outline.forwardFLOPs(.init(lengths: examples.map(\.ids.count))) }

  /// The seconds of one evaluation by each worker, all at once; each predicts all rows, or others.
  func seconds(on rows: [TokenizedExample]? = nil) throws -> Double {
    try timed(threads: workers.count) { worker in
      try workers[worker].withWorkspaces {
        _ = try evaluator.predict(rows ?? examples, head: head, workspaces: $0)
      }
    }
  }
}
